#pragma once

namespace dcgan {

/// "0.1.0"
const char* version();
/// `git describe` of the sources when the build was configured, or "unknown".
const char* git_version();
/// "Release", "Debug", ...
const char* build_type();
/// Version of the LibTorch that the program was compiled against.
const char* libtorch_version();

/// Whether the LibTorch in use was built with CUDA; found without loading that part.
bool libtorch_has_cuda();

}  // namespace dcgan
