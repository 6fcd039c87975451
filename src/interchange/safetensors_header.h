#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dcgan {

/// One tensor as a safetensors header describes it.
struct TensorEntry {
  std::string name;
  std::string dtype;  // "F32", "I64", ...
  std::vector<int64_t> shape;
  /// Bytes [begin, end) of the payload.
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  /// Ordered by `begin`.
  std::vector<TensorEntry> tensors;
};

/// Bytes of one element, or 0 for an unknown dtype.
uint64_t element_size(std::string_view dtype);

/// Parses the JSON header and checks it against the payload's real size: known dtypes, no name
/// twice, shapes that match the byte ranges, ranges that tile the payload without gap or overlap.
/// Takes no memory but in proportion to `json`. Throws CheckpointError saying what is wrong
/// ("duplicate tensor 'x'"), without the file's name.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t payload_size);

/// The JSON text, padded with spaces to a multiple of 8 bytes.
std::string format_safetensors_header(const SafetensorsHeader& header);

}  // namespace dcgan
