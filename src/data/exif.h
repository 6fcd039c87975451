#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace dcgan {

/// The orientation (1 to 8, tag 0x0112) in an EXIF block, with or without its "Exif\0\0" prefix; 1
/// where there is none or the block is damaged.
int exif_orientation(std::span<const uint8_t> block);

/// The picture as it is meant to be seen.
cv::Mat upright(const cv::Mat& picture, int orientation);

}  // namespace dcgan
