#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dcgan {

/// A record of TensorFlow's TFRecord format: length, its checksum, data, their checksum; numbers
/// little-endian.
std::string tfrecord_of(std::string_view data);

struct Tfrecord {
  std::string_view whole;
  std::string_view data;
};

/// The record that `bytes` begin with; nothing where it is torn or damaged, or `bytes` are at their
/// end. The views are into `bytes`.
std::optional<Tfrecord> first_tfrecord(std::string_view bytes);

/// CRC-32C (Castagnoli), as the format uses it.
uint32_t crc32c(std::string_view bytes);

}  // namespace dcgan
