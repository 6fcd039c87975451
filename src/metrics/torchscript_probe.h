#pragma once

#include <filesystem>
#include <string>

namespace dcgan {

/// The first argument by which the program calls itself to try a TorchScript file (see
/// torchscript_features.h).
inline constexpr const char* kProbeTorchscript = "__probe-torchscript";

/// Tries the file in a child process of this program; returns what is wrong with it in a line, or
/// nothing.
std::string problem_of_torchscript(const std::filesystem::path& path);

/// What the child does with the file: loads, runs, returns its exit code.
int probe_torchscript(const std::filesystem::path& path);

}  // namespace dcgan
