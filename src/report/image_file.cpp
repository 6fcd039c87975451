#include "report/image_file.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

#include "common/error.h"
#include "common/file.h"

namespace dcgan {
namespace {

// stb's own file functions do not notice a full disk: it encodes into memory here.
void append(void* context, void* data, int size) {
  auto* bytes = static_cast<std::vector<uint8_t>*>(context);
  const auto* begin = static_cast<const uint8_t*>(data);
  bytes->insert(bytes->end(), begin, begin + size);
}

at::Tensor on_white(const at::Tensor& pixels) {
  const int64_t colours = pixels.size(2) - 1;
  const at::Tensor alpha = pixels.narrow(2, colours, 1).to(torch::kFloat32) / 255;
  const at::Tensor blended = pixels.narrow(2, 0, colours) * alpha + 255 * (1 - alpha);
  return blended.round().to(torch::kUInt8).contiguous();
}

}  // namespace

void check_image_path(const std::filesystem::path& path, const char* option) {
  const std::string ending = lower_extension(path);
  if (ending != ".png" && ending != ".jpg" && ending != ".jpeg") {
    throw UsageError(
        fmt::format("{} {}: pictures are written as .png or .jpg", option, path.string()));
  }
}

void write_image(const std::filesystem::path& path, const at::Tensor& pixels) {
  check_image_path(path);
  const bool png = lower_extension(path) == ".png";
  at::Tensor image = pixels.contiguous();
  if (!png && image.size(2) % 2 == 0) {
    image = on_white(image);
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
