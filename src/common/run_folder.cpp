#include "common/run_folder.h"

#include <algorithm>

namespace dcgan {

bool is_run_folder(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_regular_file(folder / "config.toml", error) &&
         std::filesystem::is_directory(folder / "checkpoints", error);
}

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace dcgan
