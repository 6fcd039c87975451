#include "data/emoji.h"

#include <fmt/format.h>
#include <ft2build.h>
#include <torch/types.h>

#include <memory>
#include <type_traits>
#include FT_FREETYPE_H

#include "common/error.h"
#include "data/left_out.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

struct Deleter {
  void operator()(FT_Library library) const { FT_Done_FreeType(library); }
  void operator()(FT_Face face) const { FT_Done_Face(face); }
};
template <typename Handle>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Deleter>;

// FreeType's BGRA has its colours multiplied by alpha; pictures here have not.
cv::Mat to_rgba(const FT_Bitmap& bitmap) {
  cv::Mat rgba(static_cast<int>(bitmap.rows), static_cast<int>(bitmap.width), CV_8UC4);
  for (int y = 0; y < rgba.rows; ++y) {
    const uint8_t* in = bitmap.buffer + y * bitmap.pitch;
    uint8_t* out = rgba.ptr(y);
    for (int x = 0; x < rgba.cols; ++x, in += 4, out += 4) {
      const int alpha = in[3];
      for (int c = 0; c < 3; ++c) {
        const int colour = alpha == 0 ? 0 : (in[2 - c] * 255 + alpha / 2) / alpha;
        out[c] = static_cast<uint8_t>(std::min(colour, 255));
      }
      out[3] = in[3];
    }
  }
  return rgba;
}

}  // namespace

std::unique_ptr<Dataset> open_emoji(const fs::path& font, const PictureTransform& transform) {
  FT_Library library_handle = nullptr;
  if (FT_Init_FreeType(&library_handle) != 0) throw DataError("FreeType does not start");
  const Owned<FT_Library> library(library_handle);
  FT_Face face_handle = nullptr;
  if (FT_New_Face(library.get(), font.c_str(), 0, &face_handle) != 0) {
    throw DataError(fmt::format("--data {}: no font that FreeType can read", font.string()));
  }
  const Owned<FT_Face> face(face_handle);
  if (face->num_fixed_sizes == 0 || FT_Select_Size(face.get(), 0) != 0) {
    throw DataError(fmt::format(
        "--data {}: a font without colour bitmaps (Noto Color Emoji in its CBDT form has them)",
        font.string()));
  }
  PictureTransform whole = transform;
  whole.fit = Fit::kPad;
  const int64_t image_bytes = int64_t{whole.image_size} * whole.image_size * whole.channels;
  std::vector<uint8_t> pixels;
  for (FT_Long glyph = 0; glyph < face->num_glyphs; ++glyph) {
    if (FT_Load_Glyph(face.get(), static_cast<FT_UInt>(glyph), FT_LOAD_COLOR) != 0) continue;
    const FT_Bitmap& bitmap = face->glyph->bitmap;
    if (bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || bitmap.rows < 4 || bitmap.width < 4) continue;
    const cv::Mat image = whole.apply(to_rgba(bitmap)).clone();
    pixels.insert(pixels.end(), image.data, image.data + image_bytes);
  }
  if (pixels.empty()) {
    throw DataError(fmt::format("--data {}: no colour pictures in this font", font.string()));
  }
  SourceInfo source;
  source.kind = "colour font";
  const auto count = static_cast<int64_t>(pixels.size()) / image_bytes;
  const at::Tensor images = torch::from_blob(
      pixels.data(), {count, whole.image_size, whole.image_size, whole.channels}, torch::kUInt8);
  return std::make_unique<MemoryDataset>("emoji", images.clone(), std::move(source));
}

fs::path find_emoji_font() {
  const fs::path font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::error_code error;
  if (!fs::exists(font, error)) {
    throw DataError(
        "--data emoji: the font is not installed: apt install fonts-noto-color-emoji, or name a "
        "NotoColorEmoji.ttf");
  }
  return font;
}

}  // namespace dcgan
