#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace dcgan {

/// All of `text` as a number, or nothing: no spaces, no '+', nothing behind it, and in the type's
/// range. The same under every locale. Number: an integer (of the given base) or a floating-point
/// type.
template <typename Number>
std::optional<Number> parse_number(std::string_view text, [[maybe_unused]] int base = 10) {
  Number value{};
  std::from_chars_result read{};
  if constexpr (std::is_integral_v<Number>) {
    read = std::from_chars(text.data(), text.data() + text.size(), value, base);
  } else {
    read = std::from_chars(text.data(), text.data() + text.size(), value);
  }
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
  return value;
}

}  // namespace dcgan
