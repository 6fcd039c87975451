#include "data/exif.h"

#include <algorithm>
#include <array>

namespace dcgan {
namespace {

// Unsigned numbers of a TIFF structure, in its byte order; 0 outside the block.
class TiffBlock {
 public:
  explicit TiffBlock(std::span<const uint8_t> bytes)
      : bytes_(bytes), little_(bytes.size() > 1 && bytes[0] == 'I') {}
  bool is_tiff() const { return bytes_.size() >= 8 && short_at(2) == 42; }
  uint32_t short_at(size_t i) const {
    if (i + 2 > bytes_.size()) return 0;
    return little_ ? bytes_[i] | bytes_[i + 1] << 8 : bytes_[i] << 8 | bytes_[i + 1];
  }
  uint32_t long_at(size_t i) const {
    return little_ ? short_at(i) | short_at(i + 2) << 16 : short_at(i) << 16 | short_at(i + 2);
  }

 private:
  std::span<const uint8_t> bytes_;
  bool little_;
};

}  // namespace

int exif_orientation(std::span<const uint8_t> block) {
  static constexpr std::array<uint8_t, 6> kPrefix{'E', 'x', 'i', 'f', 0, 0};
  if (block.size() > kPrefix.size() && std::equal(kPrefix.begin(), kPrefix.end(), block.begin())) {
    block = block.subspan(kPrefix.size());
  }
  const TiffBlock tiff(block);
  if (!tiff.is_tiff()) return 1;
  constexpr size_t kEntryBytes = 12;
  constexpr uint32_t kOrientation = 0x0112;
  const size_t directory = tiff.long_at(4);
  const uint32_t entries = tiff.short_at(directory);
  for (size_t e = 0; e < entries; ++e) {
    const size_t entry = directory + 2 + e * kEntryBytes;
    if (entry + kEntryBytes > block.size()) break;
    if (tiff.short_at(entry) != kOrientation) continue;
    const uint32_t value = tiff.short_at(entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

cv::Mat upright(const cv::Mat& picture, int orientation) {
  constexpr int kFirstTransposed = 5;
  cv::Mat turned = picture;
  if (orientation >= kFirstTransposed) cv::transpose(picture, turned);
  // What is left to do is to mirror: OpenCV's 1 is left-right, 0 up-down, -1 both.
  cv::Mat result;
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(turned, result, 1);
      return result;
    case 3:
    case 7:
      cv::flip(turned, result, -1);
      return result;
    case 4:
    case 8:
      cv::flip(turned, result, 0);
      return result;
    default:
      return turned;
  }
}

}  // namespace dcgan
