#include "data/idx.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <zlib.h>

#include <array>
#include <filesystem>

#include "common/error.h"
#include "common/web_page.h"

namespace dcgan {
namespace {

// Larger than any set of the MNIST family by far; a header that claims more is damaged.
constexpr int64_t kLargestPayload = int64_t{8} << 30;

// zlib's gzread reads plain files as they are and gzip files decompressed.
class GzipReader {
 public:
  explicit GzipReader(const std::filesystem::path& path) : path_(path) {
    std::error_code error;
    file_ = std::filesystem::is_regular_file(path, error) ? gzopen(path.c_str(), "rb") : nullptr;
    if (file_ == nullptr) throw DataError(fmt::format("cannot read {}", path.string()));
  }
  ~GzipReader() { gzclose(file_); }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Reads up to `size` bytes; fewer only at the end of the file.
  int64_t read(uint8_t* bytes, int64_t size) {
    int64_t done = 0;
    while (done < size) {
      const auto piece = static_cast<unsigned>(std::min<int64_t>(size - done, 1 << 30));
      const int n = gzread(file_, bytes + done, piece);
      if (n < 0) {
        int code = 0;
        throw DataError(
            fmt::format("{}: damaged gzip data ({})", path_.string(), gzerror(file_, &code)));
      }
      if (n == 0) break;
      done += n;
    }
    return done;
  }

 private:
  std::filesystem::path path_;
  gzFile file_ = nullptr;
};

}  // namespace

at::Tensor read_idx(const std::filesystem::path& path) {
  GzipReader file(path);
  std::array<uint8_t, 4> magic{};
  const int64_t got = file.read(magic.data(), 4);
  if (got == 0) throw DataError(fmt::format("{}: an empty file", path.string()));
  if (got != 4 || magic[0] != 0 || magic[1] != 0) {
    const bool html = is_web_page({reinterpret_cast<const char*>(magic.data()), magic.size()});
    throw DataError(fmt::format("{}: no IDX file{}", path.string(),
                                html ? ", but a web page: the download failed" : ""));
  }
  constexpr uint8_t kUnsignedByte = 0x08;
  if (magic[2] != kUnsignedByte || magic[3] < 1 || magic[3] > 4) {
    throw DataError(
        fmt::format("{}: IDX type 0x{:02x} with {} dimensions; expected unsigned bytes "
                    "(0x08) with 1 to 4",
                    path.string(), magic[2], magic[3]));
  }
  std::vector<int64_t> sizes;
  int64_t total = 1;
  for (int d = 0; d < magic[3]; ++d) {
    std::array<uint8_t, 4> bytes{};
    if (file.read(bytes.data(), 4) != 4) {
      throw DataError(fmt::format("{}: ends within its header", path.string()));
    }
    const int64_t size = int64_t{bytes[0]} << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    if (size == 0 || size > kLargestPayload / total) {
      throw DataError(
          fmt::format("{}: dimension {} of its header says {}", path.string(), d, size));
    }
    sizes.push_back(size);
    total *= size;
  }
  // Grows with what is really there, never with what the header merely claims.
  std::vector<uint8_t> payload;
  while (static_cast<int64_t>(payload.size()) < total) {
    const size_t before = payload.size();
    const int64_t piece = std::min<int64_t>(total - static_cast<int64_t>(before), 16 << 20);
    payload.resize(before + static_cast<size_t>(piece));
    const int64_t n = file.read(payload.data() + before, piece);
    if (n < piece) {
      throw DataError(fmt::format("{}: its header claims {} values, {} are there", path.string(),
                                  total, static_cast<int64_t>(before) + n));
    }
  }
  uint8_t more = 0;
  if (file.read(&more, 1) != 0) {
    throw DataError(fmt::format("{}: damaged: longer than the {} values that its header claims",
                                path.string(), total));
  }
  return torch::from_blob(payload.data(), sizes, torch::kUInt8).clone();
}

}  // namespace dcgan
