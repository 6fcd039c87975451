#include "data/cifar.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

#include "common/error.h"
#include "common/web_page.h"
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
  // The largest value of each of its labels.
  std::array<int64_t, 2> largest;
  int64_t record() const { return label_bytes + kPixelBytes; }
};
constexpr Release kCifar10{"CIFAR-10", 1, "batches.meta.txt", {9, 0}};
constexpr Release kCifar100{"CIFAR-100", 2, "fine_label_names.txt", {19, 99}};

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

std::string start_of(std::ifstream& file) {
  std::string start(5, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  file.clear();
  file.seekg(0);
  return start;
}

// Pixels may have any value, labels may not: what has another is no CIFAR file, or shifted.
void check_labels(const at::Tensor& records, const Release& release, const fs::path& path) {
  for (int64_t label = 0; label < release.label_bytes; ++label) {
    const int64_t most = release.largest[static_cast<size_t>(label)];
    const at::Tensor wrong = (records.select(1, label) > most).nonzero();
    if (wrong.numel() == 0) continue;
    const auto record = wrong[0].item<int64_t>();
    throw DataError(fmt::format(
        "{}: damaged, or no {} file: record {} has the label {}, the largest is {}", path.string(),
        release.kind, record, records[record][label].item<int64_t>(), most));
  }
}

// uint8 [N, record]
at::Tensor read_records(const fs::path& path, const Release& release) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  if (error) throw DataError(fmt::format("{}: {}", path.string(), error.message()));
  if (size == 0) throw DataError(fmt::format("{}: an empty file", path.string()));
  std::ifstream file(path, std::ios::binary);
  if (is_web_page(start_of(file))) {
    throw DataError(fmt::format("{}: no {} file, but a web page: the download failed",
                                path.string(), release.kind));
  }
  if (size % release.record() != 0) {
    throw DataError(fmt::format(
        "{}: {} bytes are no whole number of {}'s records of {} bytes: the file is cut or another "
        "one ({} images need {})",
        path.string(), size, release.kind, release.record(), size / release.record() + 1,
        (size / release.record() + 1) * release.record()));
  }
  at::Tensor records = torch::empty({size / release.record(), release.record()}, torch::kUInt8);
  if (!file.read(reinterpret_cast<char*>(records.mutable_data_ptr()), size)) {
    throw DataError(fmt::format("{}: cannot be read", path.string()));
  }
  check_labels(records, release, path);
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
  if (holds_cifar(path)) return true;
  if (fs::exists(path / "batches.meta", error) || fs::exists(path / "data_batch_1", error)) {
    throw DataError(
        fmt::format("--data {}: this is CIFAR's Python release; the binary one is needed "
                    "(cifar-10-binary.tar.gz or cifar-100-binary.tar.gz)",
                    path.string()));
  }
  return false;
}

bool holds_cifar(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "data_batch_1.bin", error) || fs::exists(folder / "train.bin", error);
}

std::unique_ptr<Dataset> open_cifar(const fs::path& path, int64_t image_size, int64_t channels,
                                    std::vector<std::string> remarks) {
  const std::vector<fs::path> files = training_files(path);
  const Release& release =
      is_file_of_hundred(files.front().filename().string()) ? kCifar100 : kCifar10;
  std::vector<at::Tensor> parts;
  parts.reserve(files.size());
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
                                         std::move(source), std::move(remarks));
}

}  // namespace dcgan
