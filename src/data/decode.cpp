#include "data/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "data/left_out.h"

namespace dcgan {
namespace {

bool begins_with(std::span<const uint8_t> bytes, std::string_view text, size_t at = 0) {
  return bytes.size() >= at + text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

int64_t little_endian(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<int32_t>(bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
                              static_cast<uint32_t>(bytes[at + 3]) << 24);
}

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
      compression > kBitFields || bytes.size() < kMasks + 12) {
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

// Formats that people have among their pictures and this program does not read.
const char* name_unsupported(std::span<const uint8_t> bytes) {
  if (begins_with(bytes, "GIF8")) return "GIF";
  if (begins_with(bytes, std::string_view("II*\0", 4)) ||
      begins_with(bytes, std::string_view("MM\0*", 4))) {
    return "TIFF or a camera's raw format";
  }
  if (begins_with(bytes, "ftyp", 4)) {
    return begins_with(bytes, "avi", 8) ? "AVIF" : "HEIC, AVIF or a film";
  }
  if (begins_with(bytes, "8BPS")) return "Photoshop";
  if (begins_with(bytes, "\xff\x0a") || begins_with(bytes, "JXL ", 4)) return "JPEG XL";
  if (begins_with(bytes, "jP  ", 4)) return "JPEG 2000";
  return nullptr;
}

}  // namespace

void check_picture_size(int64_t width, int64_t height) {
  if (width < 1 || height < 1) throw PictureError(Fault::kDamaged, "a side of no pixels");
  if (width > kMostPixels / height) {
    throw PictureError(Fault::kTooLarge, fmt::format("{}x{}, more than {} million pixels", width,
                                                     height, kMostPixels / 1'000'000));
  }
}

cv::Mat decode_picture(std::span<const uint8_t> bytes, int least_side, cv::Size& stored) {
  if (bytes.empty()) throw PictureError(Fault::kEmpty, "");
  if (begins_with(bytes, "\xff\xd8\xff")) return decode_jpeg(bytes, least_side, stored);
  cv::Mat picture;
  if (begins_with(bytes, "\x89PNG\r\n\x1a\n")) {
    picture = decode_png(bytes);
  } else if (begins_with(bytes, "RIFF") && begins_with(bytes, "WEBP", 8)) {
    picture = decode_webp(bytes);
  } else if (begins_with(bytes, "BM")) {
    picture = decode_bmp(bytes);
  } else if (const char* name = name_unsupported(bytes)) {
    throw PictureError(Fault::kUnsupported, name);
  } else {
    throw PictureError(Fault::kNoPicture, "");
  }
  stored = picture.size();
  return picture;
}

}  // namespace dcgan
