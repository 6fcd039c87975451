#include "interchange/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <torch/types.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "common/error.h"
#include "common/file.h"
#include "common/web_page.h"
#include "interchange/safetensors_header.h"

namespace dcgan {
namespace {

constexpr const char* kDigestKey = "payload_xxh3_128";
constexpr const char* kHeaderDigestKey = "header_xxh3_128";
// Ours are some ten kilobytes; a header of megabytes is damage or an attack.
constexpr uint64_t kLargestHeader = 8 << 20;

struct Dtype {
  const char* name;
  at::ScalarType type;
};
constexpr std::array<Dtype, 10> kDtypes{{{"BOOL", at::kBool},
                                         {"U8", at::kByte},
                                         {"I8", at::kChar},
                                         {"I16", at::kShort},
                                         {"F16", at::kHalf},
                                         {"BF16", at::kBFloat16},
                                         {"I32", at::kInt},
                                         {"F32", at::kFloat},
                                         {"I64", at::kLong},
                                         {"F64", at::kDouble}}};

at::ScalarType type_of(std::string_view name) {
  const auto* found =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const Dtype& d) { return d.name == name; });
  // The header's reader knows the sizes of dtypes from a table of its own, without LibTorch.
  if (found == kDtypes.end()) {
    throw CheckpointError(fmt::format("has tensors of the dtype {}, which LibTorch has not", name));
  }
  return found->type;
}

const char* name_of(at::ScalarType type) {
  const auto* found =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const Dtype& d) { return d.type == type; });
  TORCH_CHECK(found != kDtypes.end(), "safetensors has no name for the type ", type);
  return found->name;
}

[[noreturn]] void fail_to_read() {
  const std::string reason = fmt::format("cannot be read: {}", std::strerror(errno));
  if (errno == EACCES || errno == EPERM || errno == EIO) throw UnreadableCheckpoint(reason);
  throw CheckpointError(reason);
}

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (number_ < 0) fail_to_read();
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path) : descriptor_(path) {
    struct stat status{};
    if (::fstat(descriptor_.number(), &status) != 0) fail_to_read();
    if (!S_ISREG(status.st_mode)) throw CheckpointError("is no regular file");
    size_ = static_cast<uint64_t>(status.st_size);
  }

  uint64_t size() const { return size_; }

  void read(uint64_t position, std::span<uint8_t> bytes) const {
    while (!bytes.empty()) {
      const ssize_t n =
          ::pread(descriptor_.number(), bytes.data(), bytes.size(), static_cast<off_t>(position));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail_to_read();
      if (n == 0) throw CheckpointError("became shorter while it was read");
      bytes = bytes.subspan(static_cast<size_t>(n));
      position += static_cast<uint64_t>(n);
    }
  }

 private:
  Descriptor descriptor_;
  uint64_t size_ = 0;
};

// What a file that is no safetensors file probably is.
std::string foreign_hint(std::string_view start) {
  if (start.starts_with("version https://git-lfs"))
    return ": a Git LFS pointer, fetch the file itself";
  if (is_web_page(start)) return ": a web page, the download failed";
  if (start.starts_with("PK")) return ": a zip archive, as PyTorch's .pt and .pth are";
  return "";
}

std::string hex(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

class Digest {
 public:
  Digest() : state_(XXH3_createState()) { XXH3_128bits_reset(state_); }
  ~Digest() { XXH3_freeState(state_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(std::span<const uint8_t> bytes) {
    XXH3_128bits_update(state_, bytes.data(), bytes.size());
  }
  std::string text() const { return hex(XXH3_128bits_digest(state_)); }

 private:
  XXH3_state_t* state_;
};

std::span<uint8_t> bytes_of(const at::Tensor& tensor) {
  return {static_cast<uint8_t*>(tensor.data_ptr()), tensor.nbytes()};
}

// The digest of everything in front of the tensors but itself.
std::string header_digest(SafetensorsHeader header) {
  header.metadata.erase(kHeaderDigestKey);
  const std::string json = format_safetensors_header(header);
  Digest digest;
  digest.add({reinterpret_cast<const uint8_t*>(json.data()), json.size()});
  return digest.text();
}

// Files of earlier versions and of other programs have no such digest.
void check_header(const SafetensorsHeader& header) {
  const auto expected = header.metadata.find(kHeaderDigestKey);
  if (expected != header.metadata.end() && expected->second != header_digest(header)) {
    throw CheckpointError("is damaged: the digest of its header does not match");
  }
}

TensorFile read(const std::filesystem::path& path) {
  const InputFile file(path);
  std::array<uint8_t, 8> prefix{};
  if (file.size() < prefix.size() + 2)
    throw CheckpointError(fmt::format("has only {} bytes", file.size()));
  file.read(0, prefix);
  uint64_t header_size = 0;
  for (size_t i = prefix.size(); i-- > 0;) header_size = header_size << 8 | prefix[i];
  if (header_size > file.size() - prefix.size() || header_size > kLargestHeader) {
    std::string start(std::min<uint64_t>(file.size(), 64), '\0');
    file.read(0, {reinterpret_cast<uint8_t*>(start.data()), start.size()});
    throw CheckpointError(fmt::format("is no safetensors file (header length {} of {} bytes){}",
                                      header_size, file.size(), foreign_hint(start)));
  }
  std::string json(header_size, '\0');
  file.read(prefix.size(), {reinterpret_cast<uint8_t*>(json.data()), json.size()});
  const uint64_t payload = prefix.size() + header_size;
  SafetensorsHeader header = parse_safetensors_header(json, file.size() - payload);
  check_header(header);

  TensorFile content;
  content.metadata = std::move(header.metadata);
  Digest digest;
  for (const TensorEntry& entry : header.tensors) {
    at::Tensor tensor = torch::empty(entry.shape, type_of(entry.dtype));
    file.read(payload + entry.begin, bytes_of(tensor));
    digest.add(bytes_of(tensor));
    content.tensors.emplace(entry.name, std::move(tensor));
  }
  const auto expected = content.metadata.find(kDigestKey);
  if (expected != content.metadata.end() && expected->second != digest.text()) {
    throw CheckpointError("is damaged: the digest of its tensors does not match");
  }
  return content;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const TensorFile& content) {
  SafetensorsHeader header;
  header.metadata = content.metadata;
  std::vector<at::Tensor> tensors;
  // Wide elements first: every tensor is then aligned to its element size.
  std::vector<std::pair<std::string, at::Tensor>> ordered;
  ordered.reserve(content.tensors.size());
  for (const auto& [name, tensor] : content.tensors) {
    ordered.emplace_back(name, tensor.detach().cpu().contiguous());
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return a.second.element_size() > b.second.element_size();
  });
  uint64_t position = 0;
  Digest digest;
  std::vector<std::span<const uint8_t>> parts(2);
  for (const auto& [name, tensor] : ordered) {
    header.tensors.push_back({name, name_of(tensor.scalar_type()), tensor.sizes().vec(), position,
                              position + tensor.nbytes()});
    position += tensor.nbytes();
    digest.add(bytes_of(tensor));
    parts.emplace_back(bytes_of(tensor));
  }
  header.metadata[kDigestKey] = digest.text();
  header.metadata[kHeaderDigestKey] = header_digest(header);
  const std::string json = format_safetensors_header(header);
  std::array<uint8_t, 8> prefix{};
  for (size_t i = 0; i < prefix.size(); ++i) {
    prefix[i] = static_cast<uint8_t>(json.size() >> (8 * i));
  }
  parts[0] = prefix;
  parts[1] = {reinterpret_cast<const uint8_t*>(json.data()), json.size()};
  write_atomically(path, parts);
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  try {
    return read(path);
  } catch (const UnreadableCheckpoint& error) {
    throw UnreadableCheckpoint(fmt::format("{} {}", path.string(), error.what()));
  } catch (const CheckpointError& error) {
    throw CheckpointError(fmt::format("{} {}", path.string(), error.what()));
  }
}

}  // namespace dcgan
