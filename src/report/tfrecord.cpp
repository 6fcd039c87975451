#include "report/tfrecord.h"

#include <array>

namespace dcgan {
namespace {

constexpr size_t kPrefix = 12;  // length and its checksum
constexpr size_t kSuffix = 4;   // checksum of the data

std::array<uint32_t, 256> crc_table() {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // reversed
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}

// So that a checksum of data which holds its own checksum is none of its own.
uint32_t masked_crc(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

template <typename Number>
std::string little_endian(Number value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(value); ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

template <typename Number>
Number from_little_endian(std::string_view bytes) {
  Number value = 0;
  for (size_t i = sizeof(value); i-- > 0;) {
    value = value << 8 | static_cast<Number>(static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> kTable = crc_table();
  uint32_t crc = ~uint32_t{0};
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

std::string tfrecord_of(std::string_view data) {
  const std::string length = little_endian(static_cast<uint64_t>(data.size()));
  std::string record = length + little_endian(masked_crc(length));
  record += data;
  return record + little_endian(masked_crc(data));
}

std::optional<Tfrecord> first_tfrecord(std::string_view bytes) {
  if (bytes.size() < kPrefix + kSuffix) return {};
  const auto length = from_little_endian<uint64_t>(bytes);
  if (from_little_endian<uint32_t>(bytes.substr(8)) != masked_crc(bytes.substr(0, 8)) ||
      length > bytes.size() - kPrefix - kSuffix) {
    return {};
  }
  const std::string_view data = bytes.substr(kPrefix, length);
  const auto checksum = from_little_endian<uint32_t>(bytes.substr(kPrefix + length));
  if (checksum != masked_crc(data)) return {};
  return Tfrecord{bytes.substr(0, kPrefix + length + kSuffix), data};
}

}  // namespace dcgan
