#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dcgan {

/// The words of a report of studies and what they mean, in the order in which a reader meets them.
const std::vector<std::pair<std::string, std::string>>& report_glossary();

}  // namespace dcgan
