#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dcgan {

/// The line (from 1) of the first character of a TOML text that is not ASCII although it stands
/// neither in quotes nor in a comment, where TOML 1.0 allows none, or in quotes behind a backslash
/// (TOML allows it only behind a line's end that a backslash takes away); 0 if there is no such.
int64_t line_of_stray_character(std::string_view text);

/// A text without the characters beyond ASCII, which toml++ up to 3.3 leaves the language's defined
/// behaviour on in places that no look from outside foresees: each run of them stands as a mark
/// that the text does not hold and the run's number. A byte order mark is left out.
class AsciiText {
 public:
  /// `text`: UTF-8.
  explicit AsciiText(std::string_view text);

  const std::string& text() const { return text_; }
  /// A part of the text as it was.
  std::string original(std::string_view part) const;

 private:
  std::string mark_;
  std::vector<std::string> runs_;
  std::string text_;
};

}  // namespace dcgan
