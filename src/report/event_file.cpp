#include "report/event_file.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "common/error.h"
#include "common/file.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;
using protozero::pbf_writer;

// Fields of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
namespace event {
constexpr uint32_t kWallTime = 1;
constexpr uint32_t kStep = 2;
constexpr uint32_t kFileVersion = 3;
constexpr uint32_t kSummary = 5;
}  // namespace event
namespace summary {
constexpr uint32_t kValue = 1;
constexpr uint32_t kTag = 1;
constexpr uint32_t kSimpleValue = 2;
constexpr uint32_t kImage = 4;
constexpr uint32_t kMetadata = 9;
constexpr uint32_t kPluginData = 1;  // of the metadata
constexpr uint32_t kPluginName = 1;
constexpr uint32_t kPluginContent = 2;
}  // namespace summary

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

std::string record_of(const std::string& event) {
  const std::string length = little_endian(static_cast<uint64_t>(event.size()));
  return length + little_endian(masked_crc(length)) + event + little_endian(masked_crc(event));
}

// Length of the whole record that `bytes` begin with; 0 if there is none.
size_t whole_record(std::string_view bytes) {
  if (bytes.size() < kPrefix + kSuffix) return 0;
  const auto length = from_little_endian<uint64_t>(bytes);
  if (from_little_endian<uint32_t>(bytes.substr(8)) != masked_crc(bytes.substr(0, 8)) ||
      length > bytes.size() - kPrefix - kSuffix) {
    return 0;
  }
  const std::string_view event = bytes.substr(kPrefix, length);
  const auto checksum = from_little_endian<uint32_t>(bytes.substr(kPrefix + length));
  return checksum == masked_crc(event) ? kPrefix + length + kSuffix : 0;
}

int64_t step_of(std::string_view event_bytes) {
  protozero::pbf_reader reader(event_bytes.data(), event_bytes.size());
  try {
    while (reader.next()) {
      if (reader.tag() == event::kStep) return reader.get_int64();
      reader.skip();
    }
  } catch (const protozero::exception&) {
    return std::numeric_limits<int64_t>::max();  // nothing of ours
  }
  return 0;
}

std::string kept_records(std::string_view bytes, int64_t last_step) {
  std::string kept;
  for (size_t size = whole_record(bytes); size > 0; size = whole_record(bytes)) {
    const std::string_view event = bytes.substr(kPrefix, size - kPrefix - kSuffix);
    if (step_of(event) <= last_step) kept += bytes.substr(0, size);
    bytes.remove_prefix(size);
  }
  return kept;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string begin_event(int64_t step) {
  std::string data;
  pbf_writer writer(data);
  writer.add_double(event::kWallTime, now());
  writer.add_int64(event::kStep, step);
  return data;
}

// google.protobuf.Value
std::string value_message(const ConfigValue& value) {
  std::string data;
  pbf_writer writer(data);
  if (const auto* text = std::get_if<std::string>(&value)) writer.add_string(3, *text);
  if (const auto* boolean = std::get_if<bool>(&value)) writer.add_bool(4, *boolean);
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    writer.add_double(2, static_cast<double>(*integer));
  }
  if (const auto* number = std::get_if<double>(&value)) writer.add_double(2, *number);
  return data;
}

// What TensorBoard's tab HPARAMS reads: tensorboard/plugins/hparams/plugin_data.proto, a
// SessionStartInfo in the summary's metadata.
std::string hyperparameter_event(const std::vector<ConfigEntry>& options) {
  std::string start;
  pbf_writer start_writer(start);
  for (const ConfigEntry& option : options) {
    pbf_writer entry(start_writer, /*hparams=*/1);
    entry.add_string(1, option.key);
    entry.add_message(2, value_message(option.value));
  }
  start_writer.add_double(/*start_time_secs=*/5, now());
  std::string content;
  pbf_writer(content).add_message(/*session_start_info=*/3, start);
  std::string data = begin_event(0);
  {  // the messages end with their writers
    pbf_writer writer(data);
    pbf_writer all(writer, event::kSummary);
    pbf_writer value(all, summary::kValue);
    value.add_string(summary::kTag, "_hparams_/session_start_info");
    pbf_writer metadata(value, summary::kMetadata);
    pbf_writer plugin(metadata, summary::kPluginData);
    plugin.add_string(summary::kPluginName, "hparams");
    plugin.add_bytes(summary::kPluginContent, content);
  }
  return data;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> kTable = crc_table();
  uint32_t crc = ~uint32_t{0};
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

EventFile::EventFile(fs::path path, int64_t last_step, const std::vector<ConfigEntry>& options)
    : path_(std::move(path)) {
  constexpr uint64_t kLimit = uint64_t{1} << 36;
  std::error_code error;
  std::string kept;
  if (fs::exists(path_, error)) {
    const std::string bytes = read_text(path_, kLimit);
    kept = kept_records(bytes, last_step);
    if (!kept.empty() && kept.size() == bytes.size()) return;
  }
  if (kept.empty()) {
    std::string version;
    pbf_writer writer(version);
    writer.add_double(event::kWallTime, now());
    writer.add_string(event::kFileVersion, "brain.Event:2");
    kept = record_of(version) + record_of(hyperparameter_event(options));
  }
  write_atomically(path_, kept);
}

void EventFile::write(const Metrics& metrics) {
  std::string data = begin_event(static_cast<int64_t>(find_metric(metrics, "step")));
  {
    pbf_writer writer(data);
    pbf_writer all(writer, event::kSummary);
    for (const auto& [name, entry] : metrics) {
      const auto* number = std::get_if<double>(&entry);
      if (number == nullptr || !std::isfinite(*number) || name == "step") continue;
      pbf_writer value(all, summary::kValue);
      value.add_string(summary::kTag, name);
      value.add_float(summary::kSimpleValue, static_cast<float>(*number));
    }
  }
  append(data);
}

void EventFile::write_png(int64_t step, const std::string& tag, const fs::path& picture) {
  const std::string png = read_text(picture);
  constexpr size_t kWidth = 16;  // of the header chunk, big-endian, as the height behind it
  const auto big_endian = [&](size_t at) {
    int32_t value = 0;
    for (size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(png.at(i));
    return value;
  };
  std::string data = begin_event(step);
  {
    pbf_writer writer(data);
    pbf_writer all(writer, event::kSummary);
    pbf_writer value(all, summary::kValue);
    value.add_string(summary::kTag, tag);
    pbf_writer image(value, summary::kImage);
    image.add_int32(/*height=*/1, big_endian(kWidth + 4));
    image.add_int32(/*width=*/2, big_endian(kWidth));
    image.add_int32(/*colorspace: RGB=*/3, 3);
    image.add_bytes(/*encoded_image_string=*/4, png);
  }
  append(data);
}

void EventFile::append(const std::string& event) { append_to_file(path_, record_of(event)); }

}  // namespace dcgan
