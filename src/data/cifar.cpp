#include "data/cifar.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <fstream>

#include "common/error.h"
#include "data/labels.h"
#include "data/square_images.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSide = 32;
constexpr int64_t kPixelBytes = 3 * kSide * kSide;

// CIFAR-10's records are a label and the pixels; CIFAR-100's a coarse label, a fine one, the
// pixels.
struct Release {
  const char* kind;
  int64_t label_bytes;
  const char* names;
  int64_t record() const { return label_bytes + kPixelBytes; }
};
constexpr Release kCifar10{"CIFAR-10", 1, "batches.meta.txt"};
constexpr Release kCifar100{"CIFAR-100", 2, "fine_label_names.txt"};

bool is_batch_of_ten(const std::string& name) {
  return name.ends_with(".bin") && (name.starts_with("data_batch") || name == "test_batch.bin");
}

bool is_file_of_hundred(const std::string& name) {
  return name == "train.bin" || name == "test.bin";
}

std::vector<fs::path> training_files(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (is_batch_of_ten(name) && name != "test_batch.bin") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) files.push_back(path / "train.bin");
  return files;
}

// uint8 [N, record]
at::Tensor read_records(const fs::path& path, const Release& release) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  if (error) throw DataError(fmt::format("{}: {}", path.string(), error.message()));
  if (size == 0 || size % release.record() != 0) {
    throw DataError(fmt::format(
        "{}: {} bytes are no whole number of {}'s records of {} bytes: the file is cut or another "
        "one ({} images need {})",
        path.string(), size, release.kind, release.record(), size / release.record() + 1,
        (size / release.record() + 1) * release.record()));
  }
  at::Tensor records = torch::empty({size / release.record(), release.record()}, torch::kUInt8);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(records.mutable_data_ptr()), size)) {
    throw DataError(fmt::format("{}: cannot be read", path.string()));
  }
  return records;
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace

bool is_cifar(const fs::path& path) {
  std::error_code error;
  const std::string name = path.filename().string();
  if (fs::is_regular_file(path, error)) return is_batch_of_ten(name) || is_file_of_hundred(name);
  if (fs::exists(path / "data_batch_1.bin", error) || fs::exists(path / "train.bin", error)) {
    return true;
  }
  if (fs::exists(path / "batches.meta", error) || fs::exists(path / "data_batch_1", error)) {
    throw DataError(
        fmt::format("--data {}: this is CIFAR's Python release; the binary one is needed "
                    "(cifar-10-binary.tar.gz or cifar-100-binary.tar.gz)",
                    path.string()));
  }
  return false;
}

std::unique_ptr<Dataset> open_cifar(const fs::path& path, int64_t image_size, int64_t channels) {
  const std::vector<fs::path> files = training_files(path);
  const Release& release =
      is_file_of_hundred(files.front().filename().string()) ? kCifar100 : kCifar10;
  std::vector<at::Tensor> parts;
  for (const fs::path& file : files) parts.push_back(read_records(file, release));
  const at::Tensor records = torch::cat(parts);
  SourceInfo source;
  source.kind = release.kind;
  source.classes = count_labels(records.select(1, release.label_bytes - 1),
                                read_lines(files.front().parent_path() / release.names));
  const at::Tensor images = records.narrow(1, release.label_bytes, kPixelBytes)
                                .reshape({-1, 3, kSide, kSide})
                                .permute({0, 2, 3, 1});
  const std::string name = release.label_bytes == 1 ? "cifar10" : "cifar100";
  return std::make_unique<MemoryDataset>(name, to_training_images(images, image_size, channels),
                                         std::move(source));
}

}  // namespace dcgan
