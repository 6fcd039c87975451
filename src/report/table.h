#pragma once

#include <string>
#include <vector>

namespace dcgan {

/// Rows of equal length as aligned plain text: the first row is the head, the first column aligned
/// left, the others right.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace dcgan
