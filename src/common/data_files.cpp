#include "common/data_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace dcgan {

namespace {

namespace fs = std::filesystem;

// $VARIABLE if given, then `installed` below the program's prefix, then `source`.
std::vector<fs::path> candidates(const char* variable, const char* installed, const char* source) {
  std::vector<fs::path> folders;
  if (const char* chosen = std::getenv(variable)) folders.emplace_back(chosen);
  folders.push_back(executable_path().parent_path().parent_path() / installed);
  folders.emplace_back(source);
  return folders;
}

}  // namespace

fs::path find_data_file(const fs::path& file) {
  std::string tried;
  for (const fs::path& folder :
       candidates("DCGAN_DATA_DIR", DCGAN_INSTALL_DATA_DIR, DCGAN_SOURCE_DATA_DIR)) {
    std::error_code error;
    if (fs::exists(folder / file, error)) return folder / file;
    tried += (tried.empty() ? "" : ", ") + folder.string();
  }
  throw DataError(fmt::format("{} not found in {}; set DCGAN_DATA_DIR to the project's data folder",
                              file.string(), tried));
}

fs::path find_preset(const std::string& name) {
  std::vector<std::string> names;
  for (const fs::path& folder :
       candidates("DCGAN_CONFIG_DIR", DCGAN_INSTALL_CONFIG_DIR, DCGAN_SOURCE_CONFIG_DIR)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() != ".toml") continue;
      if (entry.path().stem() == name) return entry.path();
      names.push_back(entry.path().stem().string());
    }
    if (!names.empty()) break;
  }
  std::sort(names.begin(), names.end());
  const std::string nearest = nearest_name(name, names);
  throw UsageError(fmt::format("--config {}: no such file, and no such preset{}; there are {}",
                               name, nearest.empty() ? "" : "; did you mean " + nearest + "?",
                               fmt::join(names, ", ")));
}

}  // namespace dcgan
