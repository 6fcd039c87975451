#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace dcgan {

/// Throws UsageError naming `option` unless `path` ends in .png, .jpg or .jpeg (any case).
void check_image_path(const std::filesystem::path& path, const char* option = "--out");

/// Writes uint8 [H, W, C] (1 grey, 2 grey + alpha, 3 RGB, 4 RGBA) as PNG or, by the ending, as JPEG
/// of quality 95 with alpha blended onto white; atomically. Throws DiskError naming path and
/// reason.
void write_image(const std::filesystem::path& path, const at::Tensor& pixels);

}  // namespace dcgan
