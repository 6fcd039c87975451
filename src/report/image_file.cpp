#include "report/image_file.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <limits>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

#include "common/error.h"
#include "common/file.h"
#include "report/pixels.h"

namespace dcgan {
namespace {

// stb's own file functions do not notice a full disk: it encodes into memory here.
void append(void* context, void* data, int size) {
  auto* bytes = static_cast<std::vector<uint8_t>*>(context);
  const auto* begin = static_cast<const uint8_t*>(data);
  bytes->insert(bytes->end(), begin, begin + size);
}

}  // namespace

void check_image_path(const std::filesystem::path& path, const char* option) {
  const std::string ending = lower_extension(path);
  if (ending != ".png" && ending != ".jpg" && ending != ".jpeg") {
    throw UsageError(
        fmt::format("{} {}: pictures are written as .png or .jpg", option, path.string()));
  }
}

void check_image_size(const std::filesystem::path& path, int64_t height, int64_t width,
                      int64_t channels) {
  // stb counts bytes in int, with one more a row.
  constexpr double kMostBytes = std::numeric_limits<int>::max();
  if (static_cast<double>(height) * (static_cast<double>(width * channels) + 1) > kMostBytes) {
    throw UsageError(
        fmt::format("{}: a picture of {}x{} pixels is more than 2 GB; draw fewer images at a time",
                    path.string(), width, height));
  }
}

void write_image(const std::filesystem::path& path, const at::Tensor& pixels) {
  check_image_path(path);
  check_image_size(path, pixels.size(0), pixels.size(1), pixels.size(2));
  const bool png = lower_extension(path) == ".png";
  at::Tensor image = pixels.contiguous();
  if (!png && image.size(2) % 2 == 0) {
    image = blend_on_white(image);
  }
  const auto height = static_cast<int>(image.size(0));
  const auto width = static_cast<int>(image.size(1));
  const auto channels = static_cast<int>(image.size(2));
  std::vector<uint8_t> bytes;
  const int encoded =
      png ? stbi_write_png_to_func(append, &bytes, width, height, channels, image.data_ptr(),
                                   width * channels)
          : stbi_write_jpg_to_func(append, &bytes, width, height, channels, image.data_ptr(), 95);
  if (encoded == 0) {
    throw UsageError(fmt::format("cannot encode {} ({}x{} pixels)", path.string(), width, height));
  }
  write_atomically(path, {std::span<const uint8_t>(bytes)});
}

}  // namespace dcgan
