#include "interchange/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/error.h"

namespace dcgan {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(const std::string& what) { throw CheckpointError(what); }

// Builds the header from parser events rather than through a document, because a document would
// silently drop duplicate names and could nest without bound.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(SafetensorsHeader& header) : header_(header) {}

  bool start_object(std::size_t) override {
    if (++depth_ > 2 || in_array_) fail("header: objects nested too deep");
    if (depth_ == 2) fields_.clear();
    return true;
  }
  bool end_object() override {
    if (depth_ == 2 && !in_metadata_) {
      for (const char* field : {"dtype", "shape", "data_offsets"}) {
        if (!fields_.contains(field)) fail(fmt::format("tensor '{}' lacks {}", entry_.name, field));
      }
      header_.tensors.push_back(entry_);
    }
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      if (!names_.insert(name).second) fail(fmt::format("duplicate tensor '{}'", name));
      in_metadata_ = name == "__metadata__";
      entry_ = TensorEntry();
      entry_.name = name;
    } else {
      if (!fields_.insert(name).second) {
        fail(fmt::format("duplicate field '{}' in '{}'", name, entry_.name));
      }
      field_ = name;
    }
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 2 && in_metadata_) {
      header_.metadata[field_] = value;
    } else if (depth_ == 2 && !in_array_ && field_ == "dtype") {
      entry_.dtype = value;
    } else {
      unexpected("a string");
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_metadata_ || in_array_ ||
        (field_ != "shape" && field_ != "data_offsets")) {
      unexpected("a list");
    }
    in_array_ = true;
    numbers_.clear();
    return true;
  }
  bool end_array() override {
    in_array_ = false;
    if (field_ == "shape") {
      for (const uint64_t n : numbers_) entry_.shape.push_back(static_cast<int64_t>(n));
    } else {
      if (numbers_.size() != 2) {
        fail(fmt::format("tensor '{}': data_offsets needs 2 numbers, has {}", entry_.name,
                         numbers_.size()));
      }
      entry_.begin = numbers_[0];
      entry_.end = numbers_[1];
    }
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr uint64_t kLargest = uint64_t{1} << 62;
    if (!in_array_ || value > kLargest) unexpected("a number");
    numbers_.push_back(value);
    return true;
  }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return unexpected("a fraction"); }
  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    fail(fmt::format("header: no valid JSON at byte {}", position));
  }

 private:
  [[noreturn]] bool unexpected(const char* what) {
    fail(fmt::format("header: {} where none belongs, in '{}'", what, entry_.name));
  }

  SafetensorsHeader& header_;
  int depth_ = 0;
  bool in_metadata_ = false;
  bool in_array_ = false;
  std::string field_;
  std::set<std::string> names_;
  std::set<std::string> fields_;
  std::vector<uint64_t> numbers_;
  TensorEntry entry_;
};

// Bytes that shape and dtype need; fails on overflow.
uint64_t byte_size(const TensorEntry& entry) {
  uint64_t bytes = element_size(entry.dtype);
  if (bytes == 0) fail(fmt::format("tensor '{}': unknown dtype '{}'", entry.name, entry.dtype));
  for (const int64_t n : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(n), &bytes)) {
      fail(fmt::format("tensor '{}': its shape overflows", entry.name));
    }
  }
  return bytes;
}

}  // namespace

uint64_t element_size(std::string_view dtype) {
  static const std::map<std::string_view, uint64_t> sizes{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"I16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"F32", 4}, {"I64", 8}, {"F64", 8}};
  const auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t payload_size) {
  if (json.empty() || json.front() != '{') fail("header: no JSON object");
  SafetensorsHeader header;
  HeaderReader reader(header);
  Json::sax_parse(json.begin(), json.end(), &reader);

  std::stable_sort(header.tensors.begin(), header.tensors.end(),
                   [](const TensorEntry& a, const TensorEntry& b) {
                     return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
                   });
  uint64_t position = 0;
  for (const TensorEntry& entry : header.tensors) {
    const uint64_t bytes = byte_size(entry);
    if (entry.begin > entry.end || entry.end > payload_size) {
      fail(fmt::format("tensor '{}' claims bytes {} to {} of {}: the file is cut or damaged",
                       entry.name, entry.begin, entry.end, payload_size));
    }
    if (entry.begin != position) {
      fail(fmt::format("tensor '{}' starts at byte {}, expected {}: {}", entry.name, entry.begin,
                       position, entry.begin < position ? "overlap" : "gap"));
    }
    if (entry.end - entry.begin != bytes) {
      fail(fmt::format("tensor '{}': {} bytes for a shape and dtype of {}", entry.name,
                       entry.end - entry.begin, bytes));
    }
    position = entry.end;
  }
  if (position != payload_size) {
    fail(fmt::format("{} bytes after the last tensor", payload_size - position));
  }
  return header;
}

std::string format_safetensors_header(const SafetensorsHeader& header) {
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) {
    document["__metadata__"] = header.metadata;
  }
  for (const TensorEntry& entry : header.tensors) {
    document[entry.name] = {
        {"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text = document.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace dcgan
