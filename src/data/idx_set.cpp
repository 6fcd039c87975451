#include "data/idx_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>

#include <algorithm>

#include "common/error.h"
#include "data/idx.h"
#include "data/labels.h"
#include "data/square_images.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.rfind(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The file of labels beside one of images; nothing if it is not there.
std::optional<fs::path> labels_of(const fs::path& images) {
  std::string name = replaced(images.filename().string(), "images", "labels");
  name = replaced(name, "idx3", "idx1");
  std::error_code error;
  for (const std::string& candidate : {name, name + ".gz", replaced(name, ".gz", "")}) {
    fs::path path = images.parent_path() / candidate;
    if (path != images && fs::is_regular_file(path, error)) return path;
  }
  return {};
}

}  // namespace

std::optional<fs::path> find_idx_images(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.find("images") != std::string::npos && name.find("idx3-ubyte") != std::string::npos) {
      found.push_back(entry.path());
    }
  }
  if (found.empty()) return {};
  std::sort(found.begin(), found.end());
  for (const fs::path& path : found) {
    if (path.filename().string().find("train") != std::string::npos) return path;
  }
  return found.front();
}

std::unique_ptr<Dataset> open_idx(const fs::path& path, const std::string& name, int64_t image_size,
                                  int64_t channels, std::vector<std::string> remarks) {
  const torch::Tensor images = read_idx(path);
  if (images.dim() != 3 || images.size(1) != images.size(2)) {
    throw DataError(fmt::format("{}: expected square grey images, has dimensions {}", path.string(),
                                fmt::join(images.sizes(), "x")));
  }
  SourceInfo source;
  source.kind = "IDX";
  if (const auto labels_path = labels_of(path)) {
    const torch::Tensor labels = read_idx(*labels_path);
    if (labels.numel() != images.size(0)) {
      throw DataError(fmt::format("{}: {} labels for {} images", labels_path->string(),
                                  labels.numel(), images.size(0)));
    }
    source.classes = count_labels(labels, {});
  }
  return std::make_unique<MemoryDataset>(
      name, to_training_images(images.unsqueeze(3), image_size, channels), std::move(source),
      std::move(remarks));
}

fs::path find_fashion() {
  const fs::path folder = "/usr/share/datasets/fashion-mnist";
  std::error_code error;
  const std::optional<fs::path> images =
      fs::is_directory(folder, error) ? find_idx_images(folder) : std::nullopt;
  if (!images) {
    throw DataError(
        "--data fashion: Fashion-MNIST is not installed: apt install dataset-fashion-mnist, or "
        "name a folder with its IDX files");
  }
  return *images;
}

}  // namespace dcgan
