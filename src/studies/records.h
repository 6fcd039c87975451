#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace dcgan {

using Records = std::vector<nlohmann::json>;

/// The records of a stage and arm (empty: any) for which `matches` holds.
Records select(const Records& records, const std::string& stage, const std::string& arm,
               const std::function<bool(const nlohmann::json&)>& matches = {});

/// Those whose setting "lr" is this.
Records at_rate(const Records& records, double lr);

bool failed(const nlohmann::json& record);

/// The number `key` of the record; `otherwise` where it is missing or null.
double number_of(const nlohmann::json& record, const std::string& key, double otherwise);

/// -log of the FID at the horizon: larger is better; -infinity for a failed run, which so ranks
/// last.
double rank_score(const nlohmann::json& record);

/// The same for means, which an infinity would swallow: a failed run counts with the FID that it
/// has, one that broke off without any with 10,000.
double mean_score(const nlohmann::json& record);

/// Median FID at the horizon as text; "failed" where that is a failed run's.
std::string median_fid(const Records& records);

/// One value a record.
std::vector<double> values_of(const Records& records,
                              const std::function<double(const nlohmann::json&)>& value);

/// Two lists of records matched by seed, unmatched ones left out; only pairs of one processor kind.
std::pair<Records, Records> paired_by_seed(const Records& a, const Records& b);

int64_t count_failed(const Records& records);

/// "34 (27 to 41)"
std::string with_interval(double estimate, double low, double high);

}  // namespace dcgan
