#pragma once

#include <vector>

#include "data/dataset.h"

namespace dcgan {

/// Mean and standard deviation of each channel over all pixels of all images, on [0, 1].
struct PixelStatistics {
  std::vector<double> mean;
  std::vector<double> std;
};

PixelStatistics pixel_statistics(const Dataset& dataset);

}  // namespace dcgan
