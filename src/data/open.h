#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace dcgan {

/// What to make of the pictures; 0 means the source's own choice.
struct DatasetOptions {
  /// Side of the square images; 0: 32 for sets of small images, 64 for a folder.
  int64_t image_size = 0;
  /// 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA; 0: as the set has, 3 for a folder.
  int64_t channels = 0;
  // The following concern pictures of any size: see PictureTransform, FolderOptions.
  std::string crop = {};
  std::string fit = "crop";
  std::string background = "white";
  /// Most bytes for decoded images: a number with K, M, G or T; "auto": half of what is free.
  std::string memory = "auto";
  /// Threads that decode; 0: one a processor.
  int64_t workers = 0;
  bool strict = false;
  std::function<void(int64_t done, int64_t count)> progress = {};
};

/// Throws UsageError naming --channels unless `channels` is 0 to 4.
void check_channels(int64_t channels);

/// Bytes of --memory. Throws UsageError naming it.
uint64_t parse_memory(const std::string& text);

/// Checks the options that name no file. Throws UsageError.
void validate(const DatasetOptions& options);

/// Whether `data` names a set rather than a path. (./digits is a folder, digits the set.)
bool is_named_set(const std::string& data);

/// The names of the sets.
std::vector<std::string> named_sets();

/// Opens the set that `data` names: "digits", "stacked-digits", "fashion", "emoji", a folder of
/// pictures, of IDX files or of CIFAR's binary files, one such file, or a colour font. Throws
/// DataError.
std::unique_ptr<Dataset> open_dataset(const std::string& data, const DatasetOptions& options);

}  // namespace dcgan
