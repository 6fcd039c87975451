#include <algorithm>
#include <array>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <fmt/format.h>

#include "data/decode.h"
#include "data/left_out.h"

namespace dcgan {
namespace {

int64_t little_endian(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<int32_t>(bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
                              static_cast<uint32_t>(bytes[at + 3]) << 24);
}

// 32 bits a pixel of blue, green, red and alpha, which OpenCV reads without alpha. Some programs
// leave 0 in all of a picture's alpha and mean an opaque one, and viewers show it so.
cv::Mat with_alpha(std::span<const uint8_t> bytes, int64_t start, int width, int height) {
  const int rows = std::abs(height);
  const cv::Mat stored(rows, width, CV_8UC4, const_cast<uint8_t*>(bytes.data() + start));
  cv::Mat rgba;
  cv::cvtColor(stored, rgba, cv::COLOR_BGRA2RGBA);
  if (height > 0) cv::flip(rgba, rgba, 0);  // stored from the bottom row to the top
  cv::Mat alpha;
  cv::extractChannel(rgba, alpha, 3);
  if (cv::countNonZero(alpha) == 0) cv::cvtColor(rgba, rgba, cv::COLOR_RGBA2RGB);
  return rgba;
}

}  // namespace

// OpenCV fills the missing rows of a cut BMP with black, so its length is checked here.
cv::Mat decode_bmp(std::span<const uint8_t> bytes) {
  constexpr size_t kHeaderBytes = 34;
  constexpr int64_t kRle8 = 1;
  constexpr int64_t kRle4 = 2;
  if (bytes.size() < kHeaderBytes) throw PictureError(Fault::kDamaged, "ends within its header");
  const int64_t width = little_endian(bytes, 18);
  const int64_t height = std::abs(little_endian(bytes, 22));
  check_picture_size(width, height);
  const int64_t bits = bytes[28] | bytes[29] << 8;
  const int64_t compression = little_endian(bytes, 30);
  // What OpenCV's reader would complain of on the terminal, or misread.
  constexpr int64_t kBitFields = 3;
  constexpr size_t kMasks = 54;
  const int64_t header = little_endian(bytes, 14);
  constexpr std::array<int64_t, 5> kHeaders{40, 52, 56, 108, 124};
  if (std::find(kHeaders.begin(), kHeaders.end(), header) == kHeaders.end() || compression < 0 ||
      compression > kBitFields || bytes.size() < kMasks + 16) {
    throw PictureError(Fault::kUnsupported, "a BMP of a rare kind");
  }
  if (const int64_t colours = little_endian(bytes, 46); colours < 0 || colours > 256) {
    throw PictureError(Fault::kDamaged, "a palette of too many colours");
  }
  const bool plain_masks = little_endian(bytes, kMasks) == 0xff0000 &&
                           little_endian(bytes, kMasks + 4) == 0xff00 &&
                           little_endian(bytes, kMasks + 8) == 0xff;
  if (compression == kBitFields && bits == 32 && !plain_masks) {
    throw PictureError(Fault::kUnsupported, "a BMP with colour masks of its own");
  }
  const int64_t needed = little_endian(bytes, 10) + (width * bits + 31) / 32 * 4 * height;
  if (compression != kRle8 && compression != kRle4 && needed > static_cast<int64_t>(bytes.size())) {
    throw PictureError(Fault::kDamaged, fmt::format("{} of {} bytes", bytes.size(), needed));
  }
  constexpr int64_t kFirstWithAlpha = 56;
  if (compression == kBitFields && header >= kFirstWithAlpha) {
    const auto mask = static_cast<uint32_t>(little_endian(bytes, kMasks + 12));
    const int64_t start = little_endian(bytes, 10);
    if (start < header) throw PictureError(Fault::kDamaged, "its pixels lie in its header");
    if (mask == 0xff000000 && bits == 32) {
      return with_alpha(bytes, start, static_cast<int>(width),
                        static_cast<int>(little_endian(bytes, 22)));
    }
    if (mask != 0) throw PictureError(Fault::kUnsupported, "a BMP with an alpha mask of its own");
  }
  const cv::Mat input(1, static_cast<int>(bytes.size()), CV_8UC1,
                      const_cast<uint8_t*>(bytes.data()));
  cv::Mat picture;
  try {
    picture = cv::imdecode(input, cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    picture.release();
  }
  if (picture.empty()) throw PictureError(Fault::kDamaged, "no valid BMP");
  cv::Mat rgb;
  cv::cvtColor(picture, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

}  // namespace dcgan
