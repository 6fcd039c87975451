#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace dcgan {

/// More pixels than any photograph; what claims more is refused by its header, before memory is
/// taken.
inline constexpr int64_t kMostPixels = int64_t{1} << 27;

/// Decodes JPEG, PNG, WebP or BMP, told apart by their first bytes, to 8 bits a channel, upright
/// (EXIF orientation applied): 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA. Of an animation the first
/// frame; 16 bits as round(v / 257); CMYK as RGB. A picture whose data end early or contradict
/// themselves is an error, whatever a decoder could make of it. `least_side` > 0 allows a JPEG to
/// be decoded smaller, by a factor of 2, 4 or 8, its shorter side no smaller than that: much
/// faster for photographs. `stored` becomes the size of the picture as it is stored, upright.
/// Throws PictureError.
cv::Mat decode_picture(std::span<const uint8_t> bytes, int least_side, cv::Size& stored);

// One decoder each; `bytes` begin as the format does.
cv::Mat decode_jpeg(std::span<const uint8_t> bytes, int least_side, cv::Size& stored);
cv::Mat decode_png(std::span<const uint8_t> bytes);
cv::Mat decode_webp(std::span<const uint8_t> bytes);
cv::Mat decode_bmp(std::span<const uint8_t> bytes);

/// Throws PictureError where width * height is above kMostPixels or one of them below 1.
void check_picture_size(int64_t width, int64_t height);

}  // namespace dcgan
