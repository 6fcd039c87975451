#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace dcgan {

/// The content of a safetensors file: named tensors and text metadata.
struct TensorFile {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes the file atomically (see common/file.h), wide elements first and then by name, so that
/// every tensor is aligned to its element, and adds the metadata entries "payload_xxh3_128", a
/// digest of the tensors' bytes, and "header_xxh3_128", one of all that is in front of them.
/// Tensors of any device; dtypes of the format. Throws DiskError when the disk refuses.
void write_safetensors(const std::filesystem::path& path, const TensorFile& content);

/// Reads a safetensors file of any origin onto the CPU. Nothing in it is trusted: sizes are checked
/// before memory is taken, and where there is a digest it must match. Throws CheckpointError naming
/// file and defect.
TensorFile read_safetensors(const std::filesystem::path& path);

}  // namespace dcgan
