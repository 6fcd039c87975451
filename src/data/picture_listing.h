#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/left_out.h"

namespace dcgan {

/// One picture file: where it is, and its path relative to the folder, with '/'.
struct PictureFile {
  std::filesystem::path path;
  std::string name;
};

struct PictureListing {
  /// In the order of their names' bytes, whatever the file system's own order is.
  std::vector<PictureFile> files;
  LeftOut left_out;
  /// Links that were followed out of the folder, to pictures or folders elsewhere, and the first.
  int64_t links_elsewhere = 0;
  std::string first_link_elsewhere;
};

/// The endings that are searched for: ".jpg, .jpeg, .png, .bmp, .webp", in any case of letters.
const char* picture_endings();
bool has_picture_ending(const std::filesystem::path& path);

/// Every picture below `folder`. Symbolic links are followed, but nothing is listed twice: a link
/// to what is below the folder anyway, or to a folder above, adds nothing. Hidden files, a Mac's
/// metadata (._name, __MACOSX) and runs of this program are left out: what it drew must not become
/// what it learns from. Throws DataError if the folder cannot be read.
PictureListing list_pictures(const std::filesystem::path& folder);

}  // namespace dcgan
