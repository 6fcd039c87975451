#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "data/dataset.h"
#include "data/picture_transform.h"

namespace dcgan {

struct FolderOptions {
  PictureTransform transform;
  /// The images are kept decoded where they need no more bytes than this, else decoded again
  /// whenever they are asked for.
  uint64_t memory = uint64_t{1} << 32;
  /// Threads that decode; pixels and order do not depend on them.
  int workers = 1;
  /// Refuse the set where a picture in it cannot be used.
  bool strict = false;
  /// Called now and then while the pictures are read.
  std::function<void(int64_t done, int64_t count)> progress;
};

/// Every picture below `folder` (list_pictures) that can be decoded (decode_picture), transformed,
/// in the order of the names; classes are the sub-folders. Each is read once at the start, so what
/// cannot be used is known, and said in the remarks, before training. A file that vanishes later
/// gives its place to the next one. Throws DataError: no folder, nothing in it can be used, or with
/// `strict` anything in it cannot.
std::unique_ptr<Dataset> open_folder(const std::filesystem::path& folder,
                                     const FolderOptions& options);

}  // namespace dcgan
