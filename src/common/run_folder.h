#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dcgan {

/// Whether `folder` is that of a training run (RunDirectory), whose pictures are the program's own.
bool is_run_folder(const std::filesystem::path& folder);

/// What to call runs beside each other: each folder's own name, or its path where two share one.
std::vector<std::string> run_names(const std::vector<std::filesystem::path>& folders);

/// Whether `path` is `folder` or below it; both canonical.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace dcgan
