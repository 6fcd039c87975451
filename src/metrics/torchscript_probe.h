#pragma once

#include <filesystem>

namespace dcgan {

/// The first argument by which the program calls itself to try a TorchScript file (see
/// torchscript_features.h).
inline constexpr const char* kProbeTorchscript = "__probe-torchscript";

/// What the child does with the file: loads, runs, returns its exit code.
int probe_torchscript(const std::filesystem::path& path);

}  // namespace dcgan
