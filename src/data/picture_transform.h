#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <string>

namespace dcgan {

/// How a picture becomes square: its centre, the whole of it with margins, or the whole of it
/// without regard to its proportions.
enum class Fit { kCrop, kPad, kStretch };

/// "crop", "pad", "stretch". Throws UsageError naming --fit and the value.
Fit parse_fit(const std::string& name);

/// A rectangle of pixels: "X,Y,W,H". Throws UsageError naming --crop and the value.
cv::Rect parse_crop(const std::string& text);

/// "white", "black" or "#rrggbb" as red, green, blue. Throws UsageError naming --background.
std::array<uint8_t, 3> parse_background(const std::string& text);

/// From a decoded picture of any size to a training image.
struct PictureTransform {
  int image_size = 64;
  /// 1 grey (0.299 R + 0.587 G + 0.114 B), 2 grey + alpha, 3 RGB, 4 RGBA.
  int channels = 3;
  /// This part of the picture alone, in its pixels as they are seen upright.
  std::optional<cv::Rect> crop;
  Fit fit = Fit::kCrop;
  /// What shows through transparent parts and fills margins.
  std::array<uint8_t, 3> background{255, 255, 255};

  /// 8-bit picture of 1 to 4 channels (grey, grey + alpha, RGB, RGBA) to image_size x image_size x
  /// channels, scaled with antialiasing. With 2 or 4 channels the colours lie on the background as
  /// well, and alpha is kept beside them. Throws PictureError: crop outside, too narrow a strip.
  cv::Mat apply(const cv::Mat& picture) const;

  /// The shorter side below which a decoder must not go; 0: decode at full size.
  int least_side() const { return crop ? 0 : image_size; }
  /// One line that two transforms share if and only if they do the same.
  std::string describe() const;
};

}  // namespace dcgan
