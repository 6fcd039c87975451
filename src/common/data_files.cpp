#include "common/data_files.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/file.h"

namespace dcgan {

std::filesystem::path find_data_file(const std::filesystem::path& file) {
  std::vector<std::filesystem::path> folders;
  if (const char* chosen = std::getenv("DCGAN_DATA_DIR")) {
    folders.emplace_back(chosen);
  }
  folders.push_back(executable_path().parent_path().parent_path() / DCGAN_INSTALL_DATA_DIR);
  folders.emplace_back(DCGAN_SOURCE_DATA_DIR);
  std::string tried;
  for (const auto& folder : folders) {
    std::error_code error;
    if (std::filesystem::exists(folder / file, error)) {
      return folder / file;
    }
    tried += (tried.empty() ? "" : ", ") + folder.string();
  }
  throw DataError(fmt::format("{} not found in {}; set DCGAN_DATA_DIR to the project's data folder",
                              file.string(), tried));
}

}  // namespace dcgan
