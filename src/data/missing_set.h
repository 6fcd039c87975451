#pragma once

#include <string>

namespace dcgan {

/// What to say of a --data that is neither a path nor a set: where a known data set can be had, the
/// nearest name of a set, or that addresses of the network are not loaded.
std::string describe_missing_set(const std::string& data);

}  // namespace dcgan
