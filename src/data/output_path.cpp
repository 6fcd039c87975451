#include "data/output_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/error.h"
#include "common/run_folder.h"
#include "data/open.h"
#include "data/picture_listing.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

bool is_in_a_run(fs::path folder, const fs::path& root) {
  for (; folder != root && folder.has_relative_path(); folder = folder.parent_path()) {
    if (is_run_folder(folder)) return true;
  }
  return false;
}

// Only what exists can be replaced from outside the folder: then its pictures are looked through.
bool is_linked_from(const fs::path& target, const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(target, error)) return false;
  const auto files = list_pictures(folder).files;
  return std::any_of(files.begin(), files.end(), [&](const PictureFile& file) {
    std::error_code ignored;
    return fs::equivalent(file.path, target, ignored);
  });
}

bool is_on_disk(const std::string& data) {
  std::error_code error;
  return !data.empty() && !is_named_set(data) && fs::exists(data, error);
}

}  // namespace

void check_outside_data(const fs::path& target, const char* option, const std::string& data) {
  std::error_code error;
  if (!is_on_disk(data) || !fs::is_directory(data, error)) return;
  const fs::path root = fs::canonical(data, error);
  // The target itself is replaced, not what it links to: its folder counts.
  const fs::path folder = fs::weakly_canonical(fs::absolute(target, error).parent_path(), error);
  if (is_inside(folder, root) && !is_in_a_run(folder, root)) {
    throw UsageError(fmt::format(
        "{} {}: lies in the data folder {} and would become one of its pictures; name a file "
        "elsewhere",
        option, target.string(), data));
  }
}

void check_output_path(const fs::path& target, const char* option, const std::string& data) {
  check_outside_data(target, option, data);
  std::error_code error;
  const bool replaces =
      is_on_disk(data) && (fs::is_directory(data, error) ? is_linked_from(target, data)
                                                         : fs::equivalent(target, data, error));
  if (replaces) {
    throw UsageError(fmt::format("{} {}: is a picture of the data {}; name another file", option,
                                 target.string(), data));
  }
}

}  // namespace dcgan
