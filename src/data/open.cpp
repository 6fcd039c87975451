#include "data/open.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "common/error.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "data/cifar.h"
#include "data/digits.h"
#include "data/emoji.h"
#include "data/folder.h"
#include "data/idx_set.h"
#include "data/picture_listing.h"
#include "data/stacked_digits.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSmallSize = 32;
constexpr int64_t kFolderSize = 64;

int64_t or_else(int64_t value, int64_t otherwise) { return value > 0 ? value : otherwise; }

PictureTransform transform_of(const DatasetOptions& options, int64_t image_size) {
  PictureTransform transform;
  transform.image_size = static_cast<int>(or_else(options.image_size, image_size));
  transform.channels = static_cast<int>(or_else(options.channels, 3));
  if (!options.crop.empty()) transform.crop = parse_crop(options.crop);
  transform.fit = parse_fit(options.fit);
  transform.background = parse_background(options.background);
  return transform;
}

std::unique_ptr<Dataset> open_pictures(const std::string& data, const DatasetOptions& options) {
  FolderOptions folder;
  folder.transform = transform_of(options, kFolderSize);
  folder.memory = parse_memory(options.memory);
  folder.workers = static_cast<int>(or_else(options.workers, available_processors()));
  folder.strict = options.strict;
  folder.progress = options.progress;
  return open_folder(data, folder);
}

// Options that only pictures of any size know must not be passed over in silence.
void check_small_images(const std::string& data, const DatasetOptions& options) {
  const char* option = !options.crop.empty()           ? "--crop"
                       : options.fit != "crop"         ? "--fit"
                       : options.background != "white" ? "--background"
                                                       : nullptr;
  if (option != nullptr) {
    throw UsageError(
        fmt::format("{}: only for folders of pictures, not for --data {}", option, data));
  }
}

[[noreturn]] void fail_on_file(const fs::path& path) {
  constexpr std::array<std::string_view, 8> kArchives{".zip", ".tar", ".gz", ".tgz",
                                                      ".7z",  ".rar", ".xz", ".zst"};
  const std::string ending = lower_extension(path);
  const char* what = "a file, but no folder of pictures and no IDX, CIFAR or font file";
  if (std::find(kArchives.begin(), kArchives.end(), ending) != kArchives.end()) {
    what = "an archive: unpack it and name the folder";
  } else if (has_picture_ending(path)) {
    what = "a single picture: name a folder of pictures";
  }
  throw DataError(fmt::format("--data {}: {}", path.string(), what));
}

// Of a folder with several kinds of data the first of IDX, CIFAR and pictures is taken; what the
// others would have been must not be passed over in silence.
std::vector<std::string> not_taken(const fs::path& path, std::string_view taken, bool is_file,
                                   bool strict) {
  if (is_file) return {};
  std::string others;
  if (taken == "IDX" && holds_cifar(path)) others = "CIFAR's files";
  if (const size_t pictures = list_pictures(path).files.size(); pictures > 0) {
    others += fmt::format("{}{} picture{}", others.empty() ? "" : " and ", pictures,
                          pictures == 1 ? "" : "s");
  }
  if (others.empty()) return {};
  const std::string remark = fmt::format(
      "{} files taken; not taken: {} in the same folder (give each kind its own)", taken, others);
  if (strict) throw DataError(fmt::format("--strict: --data {}: {}", path.string(), remark));
  return {remark};
}

bool is_idx_name(const std::string& name) { return name.find("-ubyte") != std::string::npos; }

std::string name_of(const fs::path& path) {
  std::string name = fs::weakly_canonical(path).filename().string();
  return name.empty() ? "data" : name;
}

}  // namespace

void check_channels(int64_t channels) {
  if (channels < 0 || channels > 4) {
    throw UsageError(fmt::format(
        "--channels {}: expected 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA)", channels));
  }
}

uint64_t parse_memory(const std::string& text) {
  if (text == "auto") return available_memory() / 2;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.ends_with('B')) unit.remove_suffix(1);
  constexpr std::string_view kUnits = "KMGT";
  const size_t power = unit.empty() ? 0 : kUnits.find(unit[0]) + 1;
  const bool known = unit.empty() || (unit.size() == 1 && power > 0);
  if (error != std::errc() || !(number >= 0) || !known) {
    throw UsageError(fmt::format("--memory {}: expected auto or a size as in 500M, 8G", text));
  }
  for (size_t i = 0; i < power; ++i) number *= 1000;
  constexpr double kMost = 1e18;
  if (!(number <= kMost)) throw UsageError(fmt::format("--memory {}: too much", text));
  return static_cast<uint64_t>(number);
}

void validate(const DatasetOptions& options) {
  constexpr int64_t kLargestSize = 4096;
  if (options.image_size < 0 || options.image_size > kLargestSize) {
    throw UsageError(
        fmt::format("--image-size {}: expected 1 to {}, or 0", options.image_size, kLargestSize));
  }
  check_channels(options.channels);
  transform_of(options, kFolderSize);
  parse_memory(options.memory);
  constexpr int64_t kMostWorkers = 256;
  if (options.workers < 0 || options.workers > kMostWorkers) {
    throw UsageError(fmt::format("--workers {}: expected 0 to {}", options.workers, kMostWorkers));
  }
}

bool is_named_set(const std::string& data) {
  const auto names = named_sets();
  return std::find(names.begin(), names.end(), data) != names.end();
}

std::vector<std::string> named_sets() { return {"digits", "stacked-digits", "fashion", "emoji"}; }

std::unique_ptr<Dataset> open_dataset(const std::string& data, const DatasetOptions& options) {
  validate(options);
  const int64_t size = or_else(options.image_size, kSmallSize);
  if (data == "stacked-digits") {
    check_small_images(data, options);
    if (options.channels != 0 && options.channels != 3) {
      throw UsageError("--data stacked-digits: its images have 3 channels");
    }
    return open_stacked_digits(size);
  }
  if (data == "digits" || data == "fashion") {
    check_small_images(data, options);
    const int64_t channels = or_else(options.channels, 1);
    return data == "digits" ? open_digits(size, channels)
                            : open_idx(find_fashion(), "fashion", size, channels, {});
  }
  std::error_code error;
  const fs::path path = data;
  const bool is_file = fs::is_regular_file(path, error);
  if (data == "emoji" || (is_file && lower_extension(path) == ".ttf")) {
    check_small_images(data, options);
    return open_emoji(data == "emoji" ? find_emoji_font() : path,
                      transform_of(options, kSmallSize));
  }
  const auto idx = is_file && is_idx_name(path.filename().string()) ? path
                   : is_file                                        ? std::optional<fs::path>()
                                                                    : find_idx_images(path);
  if (idx) {
    check_small_images(data, options);
    return open_idx(*idx, name_of(path), size, or_else(options.channels, 1),
                    not_taken(path, "IDX", is_file, options.strict));
  }
  if (is_cifar(path)) {
    check_small_images(data, options);
    return open_cifar(path, size, or_else(options.channels, 3),
                      not_taken(path, "CIFAR", is_file, options.strict));
  }
  if (is_file) fail_on_file(path);
  return open_pictures(data, options);
}

}  // namespace dcgan
