#include "data/digits.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cstdlib>

#include "common/error.h"
#include "common/file.h"
#include "data/idx.h"

namespace dcgan {

std::filesystem::path find_data_file(const std::filesystem::path& file) {
  std::vector<std::filesystem::path> folders;
  if (const char* chosen = std::getenv("DCGAN_DATA_DIR")) {
    folders.emplace_back(chosen);
  }
  folders.push_back(executable_path().parent_path().parent_path() / DCGAN_INSTALL_DATA_DIR);
  folders.emplace_back(DCGAN_SOURCE_DATA_DIR);
  std::string tried;
  for (const auto& folder : folders) {
    std::error_code error;
    if (std::filesystem::exists(folder / file, error)) {
      return folder / file;
    }
    tried += (tried.empty() ? "" : ", ") + folder.string();
  }
  throw DataError(fmt::format("{} not found in {}; set DCGAN_DATA_DIR to the project's data folder",
                              file.string(), tried));
}

std::unique_ptr<Dataset> open_digits(int64_t image_size, int64_t channels) {
  constexpr int64_t kPaddedSize = 32;
  torch::Tensor images = read_idx(find_data_file("digits/images-idx3-ubyte.gz"));
  if (images.dim() != 3 || images.size(1) != 28 || images.size(2) != 28) {
    throw DataError("the embedded digits are damaged: expected images of 28x28");
  }
  images = torch::constant_pad_nd(images, {2, 2, 2, 2}, 0).unsqueeze(1);
  if (image_size != kPaddedSize) {
    images = at::_upsample_bilinear2d_aa(images.to(torch::kFloat32), {image_size, image_size},
                                         /*align_corners=*/false)
                 .round_()
                 .clamp_(0, 255)
                 .to(torch::kUInt8);
  }
  images = images.permute({0, 2, 3, 1});
  if (channels != 1) {
    images = images.expand({-1, -1, -1, channels});
  }
  return std::make_unique<MemoryDataset>("digits", images);
}

}  // namespace dcgan
