#include "data/picture_listing.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>

#include "common/error.h"
#include "common/file.h"
#include "common/run_folder.h"
#include "data/missing_set.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kEndings{".jpg", ".jpeg", ".png", ".bmp", ".webp"};
constexpr std::array<std::string_view, 16> kOtherPictures{
    ".gif", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".jxl",
    ".psd", ".svg", ".ico",  ".cr2",  ".nef",  ".dng",  ".tga", ".ppm"};

bool is_hidden(const std::string& name) { return name.starts_with('.') || name == "__MACOSX"; }

// Reading order: what is really there first, then what links lead to, so that a file and a link to
// it count once, under the file's own name.
class Lister {
 public:
  explicit Lister(const fs::path& root) : root_(root) {
    for (fs::path above = fs::canonical(root); above.has_relative_path();
         above = above.parent_path()) {
      above_.insert(above);
    }
    above_.insert("/");
    canonical_root_ = fs::canonical(root);
  }

  PictureListing list() {
    visit_folder(root_, "");
    while (!links_.empty()) {
      std::vector<PictureFile> links;
      std::swap(links, links_);
      std::sort(links.begin(), links.end(), by_name);
      for (const PictureFile& link : links) follow(link);
    }
    std::sort(listing_.files.begin(), listing_.files.end(), by_name);
    return std::move(listing_);
  }

 private:
  static bool by_name(const PictureFile& a, const PictureFile& b) { return a.name < b.name; }

  // Whether the file or folder behind `path` is met for the first time.
  bool is_new(const fs::path& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && seen_.emplace(status.st_dev, status.st_ino).second;
  }

  void visit_folder(const fs::path& folder, const std::string& name) {
    if (struct stat status{}; ::stat(folder.c_str(), &status) != 0) {
      listing_.left_out.add(Fault::kUnreadable, name + "/", std::strerror(errno));
      return;
    }
    if (!is_new(folder)) {
      listing_.left_out.add(Fault::kLinkedAgain, name + "/");
      return;
    }
    if (!name.empty() && is_run_folder(folder)) {
      listing_.left_out.add(Fault::kOwnRun, name + "/");
      return;
    }
    std::error_code error;
    auto entries = fs::directory_iterator(folder, error);
    if (error) {
      if (name.empty()) {
        throw DataError(fmt::format("--data {}: {}", folder.string(), error.message()));
      }
      listing_.left_out.add(Fault::kUnreadable, name + "/", error.message());
      return;
    }
    std::vector<fs::directory_entry> sorted;
    for (; entries != fs::directory_iterator(); entries.increment(error)) {
      sorted.push_back(*entries);
      if (error) break;
    }
    std::sort(sorted.begin(), sorted.end());
    for (const fs::directory_entry& entry : sorted) {
      const std::string own = entry.path().filename().string();
      const std::string entry_name = name.empty() ? own : fmt::format("{}/{}", name, own);
      std::error_code ignored;
      if (is_hidden(own)) {
        listing_.left_out.add(Fault::kHidden, entry_name);
      } else if (entry.is_symlink(ignored)) {
        links_.push_back({entry.path(), entry_name});
      } else if (entry.is_directory(ignored)) {
        visit_folder(entry.path(), entry_name);
      } else {
        visit_file({entry.path(), entry_name});
      }
    }
  }

  void visit_file(const PictureFile& file) {
    const std::string ending = lower_extension(file.path);
    if (std::find(kOtherPictures.begin(), kOtherPictures.end(), ending) != kOtherPictures.end()) {
      listing_.left_out.add(Fault::kUnsupported, file.name);
    } else if (!has_picture_ending(file.path)) {
      listing_.left_out.add(Fault::kOtherFile, file.name);
    } else if (std::error_code error; !fs::is_regular_file(file.path, error)) {
      listing_.left_out.add(Fault::kUnreadable, file.name,
                            error ? error.message() : "no regular file");
    } else if (is_new(file.path)) {
      listing_.files.push_back(file);
    } else {
      listing_.left_out.add(Fault::kLinkedAgain, file.name);
    }
  }

  void follow(const PictureFile& link) {
    std::error_code error;
    const fs::path target = fs::canonical(link.path, error);
    if (error) {
      const bool circle = error == std::errc::too_many_symbolic_link_levels;
      listing_.left_out.add(Fault::kUnreadable, link.name,
                            circle ? "a link that leads to itself" : "a link to nowhere");
      return;
    }
    if (above_.contains(target)) {
      listing_.left_out.add(Fault::kLinkedAgain, link.name + "/", "a folder above");
      return;
    }
    const size_t before = listing_.files.size();
    if (fs::is_directory(target, error)) {
      visit_folder(link.path, link.name);
    } else {
      visit_file(link);
    }
    if (listing_.files.size() > before && !is_inside(target, canonical_root_) &&
        listing_.links_elsewhere++ == 0) {
      listing_.first_link_elsewhere = link.name;
    }
  }

  fs::path root_;
  fs::path canonical_root_;
  std::set<fs::path> above_;  // the folder itself and those it is in
  std::set<std::pair<dev_t, ino_t>> seen_;
  std::vector<PictureFile> links_;
  PictureListing listing_;
};

}  // namespace

const char* picture_endings() { return ".jpg, .jpeg, .png, .bmp, .webp"; }

bool has_picture_ending(const fs::path& path) {
  return std::find(kEndings.begin(), kEndings.end(), lower_extension(path)) != kEndings.end();
}

PictureListing list_pictures(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    throw DataError(fmt::format("--data {}: {}", folder.string(),
                                error ? error.message() : describe_missing_set(folder.string())));
  }
  if (!fs::is_directory(folder, error)) {
    throw DataError(
        fmt::format("--data {}: no folder, and no set of a known kind", folder.string()));
  }
  return Lister(folder).list();
}

}  // namespace dcgan
