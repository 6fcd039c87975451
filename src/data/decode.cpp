#include "data/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "data/left_out.h"

namespace dcgan {
namespace {

bool begins_with(std::span<const uint8_t> bytes, std::string_view text, size_t at = 0) {
  return bytes.size() >= at + text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
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
