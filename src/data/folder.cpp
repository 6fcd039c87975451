#include "data/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <torch/types.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <set>

#include "common/error.h"
#include "common/parallel.h"
#include "common/text.h"
#include "data/decode.h"
#include "data/picture_listing.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

std::vector<uint8_t> read_bytes(const fs::path& path) {
  constexpr uint64_t kLargestFile = uint64_t{1} << 30;
  // A pipe that took the picture's place must not be waited for.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) throw PictureError(Fault::kUnreadable, std::strerror(errno));
  const std::unique_ptr<FILE, int (*)(FILE*)> file(::fdopen(descriptor, "rb"), std::fclose);
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    throw PictureError(Fault::kUnreadable, "no regular file");
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > kLargestFile) throw PictureError(Fault::kTooLarge, format_bytes(size));
  std::vector<uint8_t> bytes(size);
  bytes.resize(std::fread(bytes.data(), 1, size, file.get()));
  if (std::ferror(file.get()) != 0) throw PictureError(Fault::kUnreadable, "read error");
  return bytes;
}

// What a reading of a file found.
struct Look {
  std::optional<Fault> fault;
  std::string detail;
  XXH128_hash_t hash{};
  int width = 0;
  int height = 0;
};

class Folder : public Dataset {
 public:
  Folder(const fs::path& folder, const FolderOptions& options)
      : folder_(folder), options_(options), listing_(list_pictures(folder)) {
    cv::setNumThreads(0);  // pictures are decoded in parallel instead
    if (listing_.files.empty()) fail_without_pictures();
    read_all();
    describe();
  }

  const std::string& name() const override { return name_; }
  int64_t size() const override { return static_cast<int64_t>(listing_.files.size()); }
  int64_t image_size() const override { return options_.transform.image_size; }
  int64_t channels() const override { return options_.transform.channels; }
  bool in_memory() const override { return pixels_.defined(); }
  std::string fingerprint() const override { return fingerprint_; }
  const SourceInfo& source() const override { return source_; }
  const std::vector<std::string>& remarks() const override { return remarks_; }

  at::Tensor images(const at::Tensor& indices) const override {
    if (pixels_.defined()) return pixels_.index_select(0, indices);
    const at::Tensor wanted = indices.contiguous();
    const auto* index = wanted.const_data_ptr<int64_t>();
    at::Tensor images = empty_images(wanted.numel());
    auto* target = images.mutable_data_ptr<uint8_t>();
    parallel_for(wanted.numel(), options_.workers,
                 [&](int64_t i) { load_again(index[i], target + i * images.stride(0)); });
    return images;
  }

  std::vector<std::string> take_late_remarks() const override {
    const std::lock_guard lock(late_mutex_);
    std::vector<std::string> remarks;
    std::swap(remarks, late_remarks_);
    return remarks;
  }

  std::vector<std::string> late_summary() const override {
    const std::lock_guard lock(late_mutex_);
    std::vector<std::string> lines;
    if (!late_.empty()) {
      std::string kinds;
      for (const auto& [fault, files] : late_) {
        kinds += fmt::format("{}{}: {}", kinds.empty() ? "" : "; ", dcgan::describe(fault),
                             files.size());
      }
      lines.push_back(fmt::format(
          "pictures that could not be read any more ({}); others were shown in their place {} "
          "time{}",
          kinds, replaced_, replaced_ == 1 ? "" : "s"));
    }
    if (!changed_.empty()) {
      lines.push_back(
          fmt::format("pictures that changed during the run: {} of {}", changed_.size(), size()));
    }
    return lines;
  }

 private:
  at::Tensor empty_images(int64_t count) const {
    return torch::empty({count, image_size(), image_size(), channels()}, torch::kUInt8);
  }

  [[noreturn]] void fail_without_pictures() const {
    std::string others;
    for (const auto& [fault, kind] : listing_.left_out.kinds()) {
      others += fmt::format("; {}: {}", dcgan::describe(fault), kind.count);
    }
    throw DataError(fmt::format("--data {}: no images ({}) in it or below{}", folder_.string(),
                                picture_endings(), others));
  }

  // The picture of a file at `pixels`; its size as stored and its content's hash.
  Look load(const PictureFile& file, uint8_t* pixels) const {
    const std::vector<uint8_t> bytes = read_bytes(file.path);
    cv::Size stored;
    const cv::Mat picture = decode_picture(bytes, options_.transform.least_side(), stored);
    const cv::Mat image = options_.transform.apply(picture);
    cv::Mat target(image.rows, image.cols, image.type(), pixels);
    image.copyTo(target);
    Look look;
    look.hash = XXH3_128bits(bytes.data(), bytes.size());
    look.width = stored.width;
    look.height = stored.height;
    return look;
  }

  void read_all() {
    const int64_t count = size();
    const auto image_bytes = static_cast<uint64_t>(image_size() * image_size() * channels());
    const bool keep = static_cast<uint64_t>(count) * image_bytes <= options_.memory;
    std::vector<Look> looks(static_cast<size_t>(count));
    if (keep) pixels_ = empty_images(count);
    auto* kept = keep ? pixels_.mutable_data_ptr<uint8_t>() : nullptr;
    const auto look_at = [&](int64_t i) {
      Look& look = looks[static_cast<size_t>(i)];
      std::vector<uint8_t> scratch(keep ? 0 : image_bytes);
      uint8_t* target = keep ? kept + static_cast<uint64_t>(i) * image_bytes : scratch.data();
      try {
        look = load(listing_.files[static_cast<size_t>(i)], target);
      } catch (const PictureError& error) {
        look.fault = error.fault();
        look.detail = error.what();
      }
    };
    parallel_for(count, options_.workers, look_at, [&](int64_t done) {
      if (options_.progress) options_.progress(done, count);
    });
    keep_good(looks);
  }

  // Leaves out what cannot be used; gathers what describes the rest.
  void keep_good(const std::vector<Look>& looks) {
    std::vector<int64_t> good;
    std::vector<PictureFile> files;
    std::vector<Look> good_looks;
    for (size_t i = 0; i < looks.size(); ++i) {
      if (looks[i].fault) {
        listing_.left_out.add(*looks[i].fault, listing_.files[i].name, looks[i].detail);
        continue;
      }
      good.push_back(static_cast<int64_t>(i));
      files.push_back(listing_.files[i]);
      good_looks.push_back(looks[i]);
    }
    const std::string refused = listing_.left_out.strict_line();
    if (files.empty()) {
      throw DataError(fmt::format("--data {}: none of its {} pictures can be used: {}",
                                  folder_.string(), looks.size(), refused));
    }
    if (options_.strict && !refused.empty()) {
      throw DataError(fmt::format("--strict: --data {}: {}", folder_.string(), refused));
    }
    if (pixels_.defined() && good.size() < looks.size()) {
      pixels_ = pixels_.index_select(0, torch::tensor(good));
    }
    std::swap(listing_.files, files);
    looks_ = std::move(good_looks);
  }

  void describe() {
    name_ = fs::weakly_canonical(folder_).filename().string();
    source_.kind = "folder of pictures";
    source_.left_out = listing_.left_out;
    count_classes();
    remarks_ = listing_.left_out.lines();
    if (listing_.links_elsewhere > 0) {
      remarks_.push_back(fmt::format("links out of the folder, followed: {} (the first: {})",
                                     listing_.links_elsewhere,
                                     printable(listing_.first_link_elsewhere)));
    }
    describe_sizes();
    if (!in_memory()) {
      remarks_.push_back(fmt::format(
          "decoded by {} worker{} as training goes on: in memory they would need {}, --memory "
          "allows {}",
          options_.workers, options_.workers == 1 ? "" : "s",
          format_bytes(static_cast<uint64_t>(size() * image_size() * image_size() * channels())),
          format_bytes(options_.memory)));
    }
    std::vector<XXH128_hash_t> hashes;
    hashes.reserve(looks_.size());
    for (const Look& look : looks_) hashes.push_back(look.hash);
    const XXH128_hash_t hash = XXH3_128bits(hashes.data(), hashes.size() * sizeof(XXH128_hash_t));
    fingerprint_ = fmt::format("folder-1|{}|{}|{:016x}{:016x}", options_.transform.describe(),
                               size(), hash.high64, hash.low64);
    if (!in_memory()) known_ = std::move(hashes);
    looks_ = {};
  }

  void count_classes() {
    std::map<std::string, int64_t> counts;
    for (const PictureFile& file : listing_.files) {
      const size_t slash = file.name.find('/');
      ++counts[slash == std::string::npos ? "" : file.name.substr(0, slash)];
    }
    if (counts.size() == 1 && counts.contains("")) return;  // no sub-folders
    for (const auto& [folder, count] : counts) {
      source_.classes.emplace_back(folder.empty() ? "." : folder, count);
    }
  }

  void describe_sizes() {
    std::vector<std::pair<int, int>> sizes;
    int64_t cropped = 0;
    int64_t enlarged = 0;
    size_t first_cropped = 0;
    const auto& crop = options_.transform.crop;
    for (size_t i = 0; i < looks_.size(); ++i) {
      sizes.emplace_back(looks_[i].width, looks_[i].height);
      const auto [width, height] = crop ? std::pair(crop->width, crop->height) : sizes.back();
      if (width != height && cropped++ == 0) first_cropped = i;
      if (std::min(width, height) < image_size()) ++enlarged;
    }
    if (cropped > 0 && options_.transform.fit != Fit::kStretch) {
      const bool pads = options_.transform.fit == Fit::kPad;
      remarks_.push_back(fmt::format(
          "{}: {} of {} pictures (the first, {}: {}x{}){}",
          pads ? "not square, margins added" : "not square, cropped at the centre", cropped, size(),
          printable(listing_.files[first_cropped].name), looks_[first_cropped].width,
          looks_[first_cropped].height, pads ? "" : "; --fit pad keeps all of each"));
    }
    if (enlarged > 0) {
      remarks_.push_back(fmt::format("smaller than {0}x{0}, enlarged: {1} of {2} pictures",
                                     image_size(), enlarged, size()));
    }
    std::sort(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) {
      return int64_t{a.first} * a.second < int64_t{b.first} * b.second;
    });
    source_.sizes = {sizes.front(), sizes[sizes.size() / 2], sizes.back()};
  }

  // A file that was good at the first look and is not any more must not end a run of days: the
  // next good one takes its place, and the user is told of the first and at the end how many.
  void load_again(int64_t index, uint8_t* pixels) const {
    for (int64_t i = 0; i < size(); ++i) {
      const int64_t tried = (index + i) % size();
      const PictureFile& file = listing_.files[static_cast<size_t>(tried)];
      try {
        const Look look = load(file, pixels);
        const bool changed = XXH128_isEqual(look.hash, known_[static_cast<size_t>(tried)]) == 0;
        if (changed || i > 0) note_late(tried, changed, i > 0);
        return;
      } catch (const PictureError& error) {
        note_unreadable(tried, error);
      }
    }
    throw DataError(fmt::format("--data {}: none of its {} pictures can be read any more",
                                folder_.string(), size()));
  }

  void note_unreadable(int64_t index, const PictureError& error) const {
    const std::string what = fmt::format(
        "{}: {}{}{}", printable(listing_.files[static_cast<size_t>(index)].name),
        dcgan::describe(error.fault()), *error.what() == '\0' ? "" : ": ", error.what());
    if (options_.strict) {
      throw DataError(fmt::format("--strict: --data {}: {}", folder_.string(), what));
    }
    const std::lock_guard lock(late_mutex_);
    std::set<int64_t>& files = late_[error.fault()];
    if (files.empty()) {
      late_remarks_.push_back("cannot be read any more, others take its place: " + what);
    }
    files.insert(index);
  }

  void note_late(int64_t index, bool changed, bool replaces) const {
    const std::lock_guard lock(late_mutex_);
    if (replaces) ++replaced_;
    if (!changed) return;
    if (changed_.empty()) {
      late_remarks_.push_back(
          fmt::format("changed since the run began, trained on as it is now: {}; a resume will see "
                      "other data",
                      printable(listing_.files[static_cast<size_t>(index)].name)));
    }
    changed_.insert(index);
  }

  fs::path folder_;
  FolderOptions options_;
  PictureListing listing_;
  std::vector<Look> looks_;  // only until the set is described
  at::Tensor pixels_;        // undefined where pictures are decoded when asked for
  std::string name_;
  std::string fingerprint_;
  SourceInfo source_;
  std::vector<std::string> remarks_;
  mutable std::mutex late_mutex_;
  std::vector<XXH128_hash_t> known_;  // of every file, where they are read again
  mutable std::map<Fault, std::set<int64_t>> late_;
  mutable std::set<int64_t> changed_;
  mutable int64_t replaced_ = 0;
  mutable std::vector<std::string> late_remarks_;
};

}  // namespace

std::unique_ptr<Dataset> open_folder(const fs::path& folder, const FolderOptions& options) {
  return std::make_unique<Folder>(folder, options);
}

}  // namespace dcgan
