#include "common/run_folder.h"

#include <algorithm>

namespace dcgan {

bool is_run_folder(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_regular_file(folder / "config.toml", error) &&
         std::filesystem::is_directory(folder / "checkpoints", error);
}

std::vector<std::string> run_names(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> names;
  for (const auto& folder : folders) {
    const auto whole = std::filesystem::absolute(folder / "").lexically_normal();
    names.push_back(whole.parent_path().filename().string());
  }
  const std::vector<std::string> own = names;
  for (size_t i = 0; i < own.size(); ++i) {
    if (std::count(own.begin(), own.end(), own[i]) > 1) names[i] = folders[i].string();
  }
  return names;
}

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace dcgan
