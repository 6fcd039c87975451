#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dcgan {

/// "5", "5-68", "0,1,7-9": seeds in the order given. Throws UsageError naming `option`.
std::vector<uint64_t> parse_seeds(const std::string& text, const std::string& option);

}  // namespace dcgan
