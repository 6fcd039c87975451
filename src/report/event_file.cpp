#include "report/event_file.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "common/error.h"
#include "common/file.h"
#include "report/tfrecord.h"

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
  while (const auto record = first_tfrecord(bytes)) {
    if (step_of(record->data) <= last_step) kept += record->whole;
    bytes.remove_prefix(record->whole.size());
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
    kept = tfrecord_of(version) + tfrecord_of(hyperparameter_event(options));
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

void EventFile::append(const std::string& event) { append_to_file(path_, tfrecord_of(event)); }

}  // namespace dcgan
