#include "common/config_characters.h"

#include <algorithm>
#include <cstddef>

namespace dcgan {
namespace {

// Whether the quotes at `first` stand behind an equals sign. Only there three of them begin a text
// of several lines: in a key they are an empty key and a stray quote.
bool is_value(std::string_view text, size_t first) {
  const size_t before = text.substr(0, first).find_last_not_of(" \t");
  return before != std::string_view::npos && text[before] == '=';
}

// The end of the quoted text that begins at `first`: behind its closing quotes, or where it breaks
// off (a text on one line ends with the line).
size_t end_of_quoted(std::string_view text, size_t first) {
  constexpr size_t kTriple = 3;
  const char quote = text[first];
  const bool escapes = quote == '"';
  const bool several_lines =
      is_value(text, first) &&
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

// Whether quotes at `i` begin a quoted text: what stands before them can only be these.
bool begins_quoted(std::string_view text, size_t i) {
  if (text[i] != '"' && text[i] != '\'') return false;
  return i == 0 || std::string_view(" \t\r\n=.,[{").find(text[i - 1]) != std::string_view::npos;
}

}  // namespace

int64_t line_of_stray_character(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
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
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return line;
    }
    for (; i < next; ++i) line += text[i] == '\n' ? 1 : 0;
  }
  return 0;
}

}  // namespace dcgan
