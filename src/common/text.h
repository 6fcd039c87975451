#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcgan {

/// The candidate closest to `word` by edit distance, or "" if none is close enough to be meant.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// 3725.0 -> "1 h 02 min", 75 -> "1 min 15 s", 8.25 -> "8.2 s".
std::string format_duration(double seconds);

/// "90", "90s", "45m", "3h50m", "1d": seconds, or nothing for anything else.
std::optional<double> parse_duration(std::string_view text);

/// 1234567 -> "1.2 MB" (powers of 1000, as disks are sold).
std::string format_bytes(uint64_t bytes);

/// 1234567 -> "1,234,567".
std::string with_thousands(int64_t value);

/// A double in the fewest digits that read back to the same value; the same under every locale.
std::string format_exact(double value);

/// Whether `text` is valid UTF-8.
bool is_utf8(std::string_view text);

/// `text` from an untrusted file, fit for a terminal and for JSON: control characters, and bytes
/// that are no UTF-8, as \x1b.
std::string printable(std::string_view text);

/// `text` as one word of a shell command: quoted if it needs to be.
std::string shell_quoted(std::string_view text);

/// The message of an exception without LibTorch's C++ backtrace, on one line.
std::string first_line(std::string_view message);

}  // namespace dcgan
