#pragma once

#include <string_view>

namespace dcgan {

/// Whether a file that begins with `start`, four bytes or more, is a web page: what a failed
/// download leaves in the place of the file.
bool is_web_page(std::string_view start);

}  // namespace dcgan
