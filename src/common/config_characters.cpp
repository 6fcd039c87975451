#include "common/config_characters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>

#include "common/parse_number.h"

namespace dcgan {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr char kEnd = '~';

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// The end of the quoted text that begins at `first`: behind its closing quotes, or where it breaks
// off (a text on one line ends with the line).
size_t end_of_quoted(std::string_view text, size_t first) {
  constexpr size_t kTriple = 3;
  const char quote = text[first];
  const bool escapes = quote == '"';
  const bool several_lines =
      text.substr(first, kTriple) == std::string_view(escapes ? R"(""")" : "'''");
  const size_t width = several_lines ? kTriple : 1;
  for (size_t i = first + width; i < text.size(); ++i) {
    if (escapes && text[i] == '\\') {
      ++i;
    } else if (text[i] == '\n' && !several_lines) {
      return i;
    } else if (text[i] == quote &&
               (!several_lines || text.substr(i, width) == text.substr(first, width))) {
      return i + width;
    }
  }
  return text.size();
}

// Where in the quoted text [first, end) a character beyond ASCII stands behind a backslash, or
// behind the line's end and the blanks that one takes away; `end` if nowhere. Neither is of use to
// anybody.
size_t stray_in_quoted(std::string_view text, size_t first, size_t end) {
  if (text[first] != '"') return end;
  for (size_t i = first; i + 1 < end; ++i) {
    if (text[i] != '\\') continue;
    const size_t next = std::min(text.find_first_not_of(" \t\r\n", i + 1), end);
    if (next < end && !is_ascii(text[next])) return next;
    ++i;
  }
  return end;
}

// Whether quotes at `i` begin a quoted text: what stands before them can only be these.
bool begins_quoted(std::string_view text, size_t i) {
  if (text[i] != '"' && text[i] != '\'') return false;
  return i == 0 || std::string_view(" \t\r\n=.,[{").find(text[i - 1]) != std::string_view::npos;
}

}  // namespace

int64_t line_of_stray_character(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  int64_t line = 1;
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    size_t next = i + 1;
    if (c == '#') {
      next = std::min(text.find('\n', i), text.size());
    } else if (begins_quoted(text, i)) {
      next = end_of_quoted(text, i);
      const size_t stray = stray_in_quoted(text, i, next);
      if (stray < next) return line + std::count(text.begin() + i, text.begin() + stray, '\n');
    } else if (!is_ascii(c)) {
      return line;
    }
    for (; i < next; ++i) line += text[i] == '\n' ? 1 : 0;
  }
  return 0;
}

AsciiText::AsciiText(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  // From the text's hash on, so that no text is made of the marks that would be tried.
  for (size_t i = std::hash<std::string_view>()(text);; ++i) {
    mark_ = fmt::format("~{:x}~", i);
    if (text.find(mark_) == std::string_view::npos) break;
  }
  while (!text.empty()) {
    const auto first = std::find_if_not(text.begin(), text.end(), is_ascii);
    const auto last = std::find_if(first, text.end(), is_ascii);
    text_.append(text.begin(), first);
    if (first != last) {
      text_ += fmt::format("{}{}{}", mark_, runs_.size(), kEnd);
      runs_.emplace_back(first, last);
    }
    text.remove_prefix(static_cast<size_t>(last - text.begin()));
  }
}

std::string AsciiText::original(std::string_view part) const {
  std::string text;
  while (true) {
    const size_t first = part.find(mark_);
    text += part.substr(0, first);
    if (first == std::string_view::npos) return text;
    part.remove_prefix(first + mark_.size());
    const size_t end = part.find(kEnd);
    const auto run = parse_number<size_t>(part.substr(0, end));
    // Escapes may happen to spell a mark that is none.
    if (end == std::string_view::npos || !run || *run >= runs_.size()) {
      text += mark_;
      continue;
    }
    text += runs_[*run];
    part.remove_prefix(end + 1);
  }
}

}  // namespace dcgan
