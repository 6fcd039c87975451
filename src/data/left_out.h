#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace dcgan {

/// Why a file of a folder is not trained on. The order is that of the report.
enum class Fault {
  kEmpty,
  kDamaged,
  kNoPicture,
  kUnsupported,
  kTooLarge,
  kTooNarrow,
  kOutsideCrop,
  kUnreadable,
  kLinkedAgain,
  kOwnRun,
  kOtherFile,
  kHidden,
};

/// "truncated or damaged", ... as the report says it; "damaged", ... as JSON does.
const char* describe(Fault fault);
const char* key_of(Fault fault);

/// Whether --strict refuses it: everything that looks like a picture and is none that can be used.
bool is_strict_fault(Fault fault);

/// A picture that cannot be used, and why.
class PictureError : public std::runtime_error {
 public:
  PictureError(Fault fault, const std::string& detail)
      : std::runtime_error(detail), fault_(fault) {}
  Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

/// What was left out of a set: how many files of each kind of fault, and the first of them.
class LeftOut {
 public:
  struct Kind {
    int64_t count = 0;
    /// "path (reason)" of the first few.
    std::vector<std::string> examples;
  };

  /// `detail` may be empty.
  void add(Fault fault, const std::string& path, const std::string& detail = "");
  const std::map<Fault, Kind>& kinds() const { return kinds_; }

  /// One line for each kind: "left out, truncated or damaged: 2 (a.jpg: premature end, b.png)".
  std::vector<std::string> lines() const;
  /// The kinds that --strict refuses, in one line; "" if there are none.
  std::string strict_line() const;

 private:
  std::map<Fault, Kind> kinds_;
};

}  // namespace dcgan
