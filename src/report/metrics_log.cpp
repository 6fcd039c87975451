#include "report/metrics_log.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/error.h"
#include "common/file.h"

namespace dcgan {
namespace {

using OrderedJson = nlohmann::ordered_json;

Metrics to_metrics(const OrderedJson& object) {
  Metrics metrics;
  for (const auto& [name, value] : object.items()) {
    metrics.emplace_back(
        name, value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN());
  }
  return metrics;
}

bool is_count(double value) {
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  return std::trunc(value) == value && std::abs(value) < kExactIntegers;
}

}  // namespace

std::string metrics_to_json(const Metrics& metrics) {
  OrderedJson object = OrderedJson::object();
  for (const auto& [name, entry] : metrics) {
    if (const auto* text = std::get_if<std::string>(&entry)) {
      object[name] = *text;
      continue;
    }
    const double value = std::get<double>(entry);
    if (!std::isfinite(value)) {
      object[name] = nullptr;
    } else if (is_count(value)) {
      object[name] = static_cast<int64_t>(value);
    } else {
      object[name] = value;
    }
  }
  return object.dump(-1, ' ', /*ensure_ascii=*/false, OrderedJson::error_handler_t::replace);
}

MetricsLog::MetricsLog(std::filesystem::path path, int64_t last_step) : path_(std::move(path)) {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) {
    return;
  }
  std::istringstream lines(read_text(path_, uint64_t{1} << 32));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const OrderedJson object = OrderedJson::parse(line, nullptr, /*allow_exceptions=*/false);
    if (object.is_object() && object.contains("step") && object["step"].is_number() &&
        object["step"].get<int64_t>() <= last_step) {
      kept += line + "\n";
    }
  }
  write_atomically(path_, kept);
}

void MetricsLog::write(const Metrics& metrics) {
  append_to_file(path_, metrics_to_json(metrics) + "\n");
}

std::vector<Metrics> read_metrics(const std::filesystem::path& path) {
  std::istringstream lines(read_text(path, uint64_t{1} << 32));
  std::vector<Metrics> all;
  for (std::string line; std::getline(lines, line);) {
    const OrderedJson object = OrderedJson::parse(line, nullptr, /*allow_exceptions=*/false);
    if (object.is_object()) {
      all.push_back(to_metrics(object));
    }
  }
  return all;
}

double find_metric(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name && std::holds_alternative<double>(value)) return std::get<double>(value);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace dcgan
