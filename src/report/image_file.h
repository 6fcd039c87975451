#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace dcgan {

/// Throws UsageError naming `option` unless `path` ends in .png, .jpg or .jpeg (any case).
void check_image_path(const std::filesystem::path& path, const char* option = "--out");

/// Throws UsageError unless a picture of so many pixels and channels can be encoded.
void check_image_size(const std::filesystem::path& path, int64_t height, int64_t width,
                      int64_t channels);

/// Writes uint8 [H, W, C] (1 grey, 2 grey + alpha, 3 RGB, 4 RGBA) as PNG or, by the ending, as JPEG
/// of quality 95 with alpha blended onto white; atomically. Throws UsageError as the two above, and
/// DiskError naming path and reason.
void write_image(const std::filesystem::path& path, const at::Tensor& pixels);

}  // namespace dcgan
