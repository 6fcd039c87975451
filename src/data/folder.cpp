#include "data/folder.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

bool has_image_ending(const fs::path& path) {
  const std::string ending = lower_extension(path);
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

struct Listing {
  std::vector<fs::path> images;
  int64_t other_files = 0;
};

Listing list_images(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    throw DataError(fmt::format("--data {}: no such folder", folder.string()));
  }
  if (!fs::is_directory(folder, error)) {
    throw DataError(
        fmt::format("--data {}: no folder, and no set of a known name", folder.string()));
  }
  Listing listing;
  auto entries = fs::recursive_directory_iterator(
      folder, fs::directory_options::skip_permission_denied, error);
  if (error) {
    throw DataError(fmt::format("--data {}: {}", folder.string(), error.message()));
  }
  for (; entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (error) {
      throw DataError(fmt::format("--data {}: {}", folder.string(), error.message()));
    }
    const fs::path& path = entries->path();
    std::error_code ignored;
    if (!entries->is_regular_file(ignored) || path.filename().string().starts_with("._")) continue;
    if (has_image_ending(path)) {
      listing.images.push_back(path);
    } else {
      ++listing.other_files;
    }
  }
  // The file system's own order differs between machines.
  std::sort(listing.images.begin(), listing.images.end());
  return listing;
}

std::vector<uint8_t> read_bytes(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  constexpr uint64_t kLargestFile = uint64_t{1} << 30;
  if (error || size == 0 || size > kLargestFile) return {};
  std::vector<uint8_t> bytes(size);
  FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  const size_t n = std::fread(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  if (n != bytes.size()) return {};
  return bytes;
}

// OpenCV's decoders are asked only for what they are meant for: the first bytes tell. A JPEG
// without its end marker was cut, and OpenCV would return its lower part grey without an error.
bool is_whole_image(const std::vector<uint8_t>& bytes) {
  static constexpr std::array<uint8_t, 8> kPng{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  static constexpr std::array<uint8_t, 12> kPngEnd{0,   0,   0,    0,    'I',  'E',
                                                   'N', 'D', 0xae, 0x42, 0x60, 0x82};
  if (bytes.size() > 20 && std::equal(kPng.begin(), kPng.end(), bytes.begin())) {
    return std::search(bytes.rbegin(), bytes.rend(), kPngEnd.rbegin(), kPngEnd.rend()) !=
           bytes.rend();
  }
  if (bytes.size() > 4 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff) {
    static constexpr std::array<uint8_t, 2> kJpegEnd{0xff, 0xd9};
    // Cameras and editors may append data, so the marker need not be last.
    return std::search(bytes.rbegin(), bytes.rend(), kJpegEnd.rbegin(), kJpegEnd.rend()) !=
           bytes.rend();
  }
  return false;
}

// 8 bits, 1, 3 or 4 channels -> `channels`, transparency on white.
cv::Mat to_channels(const cv::Mat& decoded, int64_t channels) {
  cv::Mat colour = decoded;
  if (decoded.channels() == 4) {
    std::vector<cv::Mat> planes;
    cv::split(decoded, planes);
    cv::Mat white = cv::Mat(decoded.size(), CV_8UC1, cv::Scalar(255)) - planes[3];
    for (size_t c = 0; c < 3; ++c) {
      cv::Mat blended;
      cv::multiply(planes[c], planes[3], blended, 1.0 / 255, CV_8U);
      planes[c] = blended + white;
    }
    planes.resize(3);
    cv::merge(planes, colour);
  }
  cv::Mat result;
  if (channels == 1) {
    if (colour.channels() == 1) return colour;
    cv::cvtColor(colour, result, cv::COLOR_BGR2GRAY);
  } else {
    cv::cvtColor(colour, result, colour.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
  }
  return result;
}

// Whether the PNG in `bytes` has an alpha channel (colour type 4 or 6).
bool has_alpha(const std::vector<uint8_t>& bytes) {
  return bytes[0] == 0x89 && bytes.size() > 26 && (bytes[25] == 4 || bytes[25] == 6);
}

cv::Mat decode(const std::vector<uint8_t>& bytes, int64_t channels) {
  // IMREAD_UNCHANGED keeps alpha but ignores EXIF, which only the other mode applies.
  const int mode = has_alpha(bytes) ? cv::IMREAD_UNCHANGED : cv::IMREAD_COLOR;
  cv::Mat decoded = cv::imdecode(bytes, mode);
  if (decoded.empty()) return decoded;
  if (decoded.depth() == CV_16U) {
    decoded.convertTo(decoded, CV_8U, 1.0 / 257);
  }
  if (decoded.channels() == 2) return {};
  return to_channels(decoded, channels);
}

// Shorter side to `size`, antialiased, then the centre.
cv::Mat fit(const cv::Mat& image, int size) {
  const double scale = static_cast<double>(size) / std::min(image.rows, image.cols);
  const int width = std::max(size, static_cast<int>(std::lround(image.cols * scale)));
  const int height = std::max(size, static_cast<int>(std::lround(image.rows * scale)));
  cv::Mat resized;
  cv::resize(image, resized, {width, height}, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  return resized(cv::Rect((width - size) / 2, (height - size) / 2, size, size));
}

bool load_image(const fs::path& path, int64_t size, int64_t channels, uint8_t* pixels) {
  try {
    const std::vector<uint8_t> bytes = read_bytes(path);
    if (!is_whole_image(bytes)) return false;
    const cv::Mat decoded = decode(bytes, channels);
    if (decoded.empty()) return false;
    const cv::Mat image = fit(decoded, static_cast<int>(size));
    cv::Mat target(image.rows, image.cols, image.type(), pixels);
    image.copyTo(target);
    return true;
  } catch (const cv::Exception&) {
    return false;  // damaged content, or larger than OpenCV's limit on pixels
  }
}

}  // namespace

std::unique_ptr<Dataset> open_folder(const fs::path& folder, int64_t image_size, int64_t channels) {
  // OpenCV reads this once, before its first image: 2^27 pixels are 400 MB decoded, and no
  // photograph.
  ::setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "134217728", /*overwrite=*/0);
  cv::setNumThreads(0);  // images are decoded in parallel instead
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  const Listing listing = list_images(folder);
  if (listing.images.empty()) {
    throw DataError(fmt::format("--data {}: no images (.jpg, .jpeg, .png) in it; {} other file{}",
                                folder.string(), listing.other_files,
                                listing.other_files == 1 ? "" : "s"));
  }
  const auto count = static_cast<int64_t>(listing.images.size());
  torch::Tensor images = torch::empty({count, image_size, image_size, channels}, torch::kUInt8);
  std::vector<char> loaded(static_cast<size_t>(count), 0);
  auto* pixels = images.data_ptr<uint8_t>();
  const int64_t stride = images.stride(0);
  // Workers take the next image when they are done with one; each image has its own place, so the
  // result does not depend on how many they are.
  std::atomic<int64_t> next{0};
  const auto work = [&] {
    for (int64_t i = next++; i < count; i = next++) {
      loaded[static_cast<size_t>(i)] = load_image(listing.images[static_cast<size_t>(i)],
                                                  image_size, channels, pixels + i * stride);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int t = 1; t < torch::get_num_threads(); ++t) workers.emplace_back(work);
    work();
  }

  std::vector<int64_t> kept;
  std::string first_unreadable;
  for (int64_t i = 0; i < count; ++i) {
    if (loaded[static_cast<size_t>(i)]) {
      kept.push_back(i);
    } else if (first_unreadable.empty()) {
      first_unreadable = fs::relative(listing.images[static_cast<size_t>(i)], folder).string();
    }
  }
  std::vector<std::string> remarks;
  const auto unreadable = count - static_cast<int64_t>(kept.size());
  if (unreadable > 0) {
    remarks.push_back(fmt::format("left out, damaged or not readable: {} ({}{})", unreadable,
                                  first_unreadable, unreadable > 1 ? ", ..." : ""));
  }
  if (listing.other_files > 0) {
    remarks.push_back(fmt::format("left out, not an image: {}", listing.other_files));
  }
  if (kept.empty()) {
    throw DataError(fmt::format("--data {}: none of its {} images can be read (the first: {})",
                                folder.string(), count, first_unreadable));
  }
  if (unreadable > 0) {
    images = images.index_select(0, torch::tensor(kept));
  }
  std::string name = fs::weakly_canonical(folder).filename().string();
  return std::make_unique<MemoryDataset>(std::move(name), images, std::move(remarks));
}

}  // namespace dcgan
