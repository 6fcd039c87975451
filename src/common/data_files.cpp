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

// $VARIABLE alone if given, else `installed` below the program's prefix, then `source`.
std::vector<fs::path> candidates(const char* variable, const char* installed, const char* source) {
  if (const char* chosen = std::getenv(variable); chosen != nullptr && *chosen != '\0') {
    return {chosen};
  }
  return {executable_path().parent_path().parent_path() / installed, source};
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

namespace {

// The files of the first folder that holds presets.
std::vector<fs::path> presets() {
  std::vector<fs::path> files;
  for (const fs::path& folder :
       candidates("DCGAN_CONFIG_DIR", DCGAN_INSTALL_CONFIG_DIR, DCGAN_SOURCE_CONFIG_DIR)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".toml") files.push_back(entry.path());
    }
    if (!files.empty()) break;
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The file of that name among them, or an empty path.
fs::path preset_of(const std::vector<fs::path>& files, const std::string& name) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const fs::path& file) { return file.stem() == name; });
  return found == files.end() ? fs::path() : *found;
}

}  // namespace

bool has_preset(const std::string& name) { return !preset_of(presets(), name).empty(); }

fs::path find_preset(const std::string& name) {
  const std::vector<fs::path> files = presets();
  const fs::path file = preset_of(files, name);
  if (!file.empty()) return file;
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const fs::path& other : files) names.push_back(other.stem().string());
  if (const char* chosen = std::getenv("DCGAN_CONFIG_DIR"); names.empty() && chosen != nullptr) {
    throw UsageError(fmt::format(
        "--config {}: no such file, and no preset at all in {}, which DCGAN_CONFIG_DIR names", name,
        chosen));
  }
  const std::string nearest = nearest_name(name, names);
  throw UsageError(fmt::format("--config {}: no such file, and no such preset; there are {}{}",
                               name, fmt::join(names, ", "),
                               nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

}  // namespace dcgan
