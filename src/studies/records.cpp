#include "studies/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "studies/statistics/estimates.h"

namespace dcgan {
namespace {

constexpr double kBrokenFid = 1e4;

std::string number(double value) {
  if (!std::isfinite(value)) return value > 0 ? "never" : "-";
  const double size = std::abs(value);
  if (size >= 100) return fmt::format("{:.0f}", value);
  return size >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

Records select(const Records& records, const std::string& stage, const std::string& arm,
               const std::function<bool(const nlohmann::json&)>& matches) {
  Records chosen;
  for (const nlohmann::json& record : records) {
    if ((stage.empty() || record["stage"] == stage) && (arm.empty() || record["arm"] == arm) &&
        (!matches || matches(record))) {
      chosen.push_back(record);
    }
  }
  return chosen;
}

Records at_rate(const Records& records, double lr) {
  return select(records, "", "",
                [lr](const nlohmann::json& record) { return record["settings"]["lr"] == lr; });
}

bool failed(const nlohmann::json& record) { return record.value("failed", false); }

double number_of(const nlohmann::json& record, const std::string& key, double otherwise) {
  const auto found = record.find(key);
  return found != record.end() && found->is_number() ? found->get<double>() : otherwise;
}

double rank_score(const nlohmann::json& record) {
  if (failed(record) || !record.contains("last_fid")) {
    return -std::numeric_limits<double>::infinity();
  }
  return -std::log(std::max(record["last_fid"].get<double>(), 1e-12));
}

double mean_score(const nlohmann::json& record) {
  return -std::log(std::max(number_of(record, "last_fid", kBrokenFid), 1e-12));
}

std::string median_fid(const Records& records) {
  const double score = statistics::median(values_of(records, rank_score));
  return std::isinf(score) ? "failed" : number(std::exp(-score));
}

std::vector<double> values_of(const Records& records,
                              const std::function<double(const nlohmann::json&)>& value) {
  std::vector<double> values;
  for (const nlohmann::json& record : records) values.push_back(value(record));
  return values;
}

std::pair<Records, Records> paired_by_seed(const Records& a, const Records& b) {
  std::map<uint64_t, const nlohmann::json*> by_seed;
  for (const nlohmann::json& record : b) by_seed[record["seed"].get<uint64_t>()] = &record;
  std::pair<Records, Records> pairs;
  for (const nlohmann::json& record : a) {
    const auto found = by_seed.find(record["seed"].get<uint64_t>());
    if (found == by_seed.end()) continue;
    if (found->second->value("processor", "") != record.value("processor", "")) continue;
    pairs.first.push_back(record);
    pairs.second.push_back(*found->second);
  }
  return pairs;
}

int64_t count_failed(const Records& records) {
  return std::count_if(records.begin(), records.end(), failed);
}

std::string with_interval(double estimate, double low, double high) {
  return fmt::format("{} ({} to {})", number(estimate), number(low), number(high));
}

}  // namespace dcgan
