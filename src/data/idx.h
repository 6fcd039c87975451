#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace dcgan {

/// Reads an IDX file of unsigned bytes (the MNIST format), gzip-compressed or plain, told apart by
/// content: images [N, H, W] or labels [N], as uint8. Throws DataError naming file and defect; the
/// header's sizes are checked before memory is taken.
at::Tensor read_idx(const std::filesystem::path& path);

}  // namespace dcgan
