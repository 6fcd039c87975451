#pragma once

#include <cstdint>
#include <string_view>

namespace dcgan {

/// The line (from 1) of the first character of a TOML text that is not ASCII although it stands
/// neither in quotes nor in a comment, where TOML 1.0 allows none, or in quotes behind a backslash
/// (TOML allows it only behind a line's end that a backslash takes away); 0 if there is no such.
/// toml++ up to 3.3 leaves the language's defined behaviour on some of them.
int64_t line_of_stray_character(std::string_view text);

}  // namespace dcgan
