#pragma once

#include <filesystem>

namespace dcgan {

/// Whether `folder` is that of a training run (RunDirectory), whose pictures are the program's own.
bool is_run_folder(const std::filesystem::path& folder);

/// Whether `path` is `folder` or below it; both canonical.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace dcgan
