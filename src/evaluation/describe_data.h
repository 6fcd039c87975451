#pragma once

#include <string>

#include "data/dataset.h"
#include "data/pixel_statistics.h"

namespace dcgan {

/// What a set holds, for `dcgan data info`: kind, count, sizes, classes, mean and deviation, what
/// was left out and why. As aligned text and as one JSON object.
std::string describe_data(const std::string& data, const Dataset& dataset,
                          const PixelStatistics& statistics);
std::string data_to_json(const std::string& data, const Dataset& dataset,
                         const PixelStatistics& statistics);

}  // namespace dcgan
