#include "data/left_out.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/text.h"

namespace dcgan {
namespace {

constexpr size_t kExamples = 3;

std::string count_and_examples(const LeftOut::Kind& kind) {
  if (kind.examples.empty()) return std::to_string(kind.count);
  const bool more = kind.count > static_cast<int64_t>(kind.examples.size());
  return fmt::format("{} ({}{})", kind.count, fmt::join(kind.examples, ", "), more ? ", ..." : "");
}

}  // namespace

const char* describe(Fault fault) {
  switch (fault) {
    case Fault::kEmpty:
      return "empty";
    case Fault::kDamaged:
      return "truncated or damaged";
    case Fault::kNoPicture:
      return "named like a picture, but none inside";
    case Fault::kUnsupported:
      return "of a format that is not read";
    case Fault::kTooLarge:
      return "too large";
    case Fault::kTooNarrow:
      return "too narrow";
    case Fault::kOutsideCrop:
      return "--crop lies outside";
    case Fault::kUnreadable:
      return "not readable";
    case Fault::kLinkedAgain:
      return "links to what is there already";
    case Fault::kOwnRun:
      return "runs of this program";
    case Fault::kOtherFile:
      return "not an image";
    case Fault::kHidden:
      return "hidden, or a Mac's metadata";
  }
  return "";
}

const char* key_of(Fault fault) {
  switch (fault) {
    case Fault::kEmpty:
      return "empty";
    case Fault::kDamaged:
      return "damaged";
    case Fault::kNoPicture:
      return "no_picture_inside";
    case Fault::kUnsupported:
      return "unsupported";
    case Fault::kTooLarge:
      return "too_large";
    case Fault::kTooNarrow:
      return "too_narrow";
    case Fault::kOutsideCrop:
      return "outside_crop";
    case Fault::kUnreadable:
      return "unreadable";
    case Fault::kLinkedAgain:
      return "linked_again";
    case Fault::kOwnRun:
      return "own_run";
    case Fault::kOtherFile:
      return "not_an_image";
    case Fault::kHidden:
      return "hidden";
  }
  return "";
}

bool is_strict_fault(Fault fault) {
  return fault != Fault::kLinkedAgain && fault != Fault::kOwnRun && fault != Fault::kOtherFile &&
         fault != Fault::kHidden;
}

void LeftOut::add(Fault fault, const std::string& path, const std::string& detail) {
  Kind& kind = kinds_[fault];
  ++kind.count;
  const bool named = fault != Fault::kOtherFile && fault != Fault::kHidden;
  if (!named || kind.examples.size() >= kExamples) return;
  kind.examples.push_back(printable(detail.empty() ? path : path + ": " + detail));
}

std::vector<std::string> LeftOut::lines() const {
  std::vector<std::string> lines;
  lines.reserve(kinds_.size());
  for (const auto& [fault, kind] : kinds_) {
    lines.push_back(fmt::format("left out, {}: {}", describe(fault), count_and_examples(kind)));
  }
  return lines;
}

std::string LeftOut::strict_line() const {
  std::string line;
  for (const auto& [fault, kind] : kinds_) {
    if (!is_strict_fault(fault)) continue;
    line += fmt::format("{}{}: {}", line.empty() ? "" : "; ", describe(fault),
                        count_and_examples(kind));
  }
  return line;
}

}  // namespace dcgan
