#include "studies/record_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "studies/statistics/estimates.h"

namespace dcgan {

namespace st = statistics;
using nlohmann::json;

Figure lines_along(const std::string& title, const std::string& x_label, const Value& x,
                   const std::string& y_label, const Value& y, const std::vector<Group>& groups) {
  Figure figure;
  figure.title = title;
  figure.x_label = x_label;
  figure.y_label = y_label;
  for (const Group& group : groups) {
    std::map<double, Records> at;
    for (const json& record : group.runs) at[x(record)].push_back(record);
    if (at.empty()) continue;
    Figure::Series line;
    line.name = group.name;
    for (const auto& [place, runs] : at) {
      const st::Interval i = st::bootstrap_interval(values_of(runs, y), st::interquartile_mean, 41);
      line.x.push_back(place);
      line.y.push_back(i.estimate);
      line.low.push_back(i.low);
      line.high.push_back(i.high);
      line.notes.push_back(fmt::format("{} of {} failed", count_failed(runs), runs.size()));
    }
    figure.series.push_back(std::move(line));
  }
  return figure;
}

Figure over_steps(const std::string& title, const std::string& key,
                  const std::vector<Group>& groups) {
  Figure figure;
  figure.title = title;
  figure.x_label = "step";
  for (const Group& group : groups) {
    std::map<double, std::vector<double>> at;
    for (const json& record : group.runs) {
      if (!record.contains("steps") || !record.contains(key)) continue;
      for (size_t i = 0; i < record["steps"].size(); ++i) {
        at[record["steps"][i].get<double>()].push_back(record[key][i].get<double>());
      }
    }
    if (at.empty()) continue;
    Figure::Series line;
    line.name = group.name;
    for (const auto& [step, values] : at) {
      line.x.push_back(step);
      line.y.push_back(st::median(values));
    }
    figure.series.push_back(std::move(line));
  }
  return figure;
}

Figure by_layer(const std::string& title, const std::string& y_label,
                const std::function<json(const json&)>& read, const std::vector<Group>& groups) {
  Figure figure;
  figure.title = title;
  figure.x_label = "layer";
  figure.y_label = y_label;
  figure.log_y = true;
  for (const Group& group : groups) {
    std::map<size_t, std::vector<double>> at;
    for (const json& record : group.runs) {
      const json values = read(record);
      for (size_t i = 0; i < values.size(); ++i) {
        if (values[i].is_number()) at[i + 1].push_back(values[i].get<double>());
      }
    }
    if (at.empty()) continue;
    Figure::Series line;
    line.name = group.name;
    for (const auto& [layer, values] : at) {
      line.x.push_back(static_cast<double>(layer));
      line.y.push_back(std::max(st::median(values), 1e-30));
    }
    figure.series.push_back(std::move(line));
  }
  return figure;
}

Value setting(const std::string& key) {
  return [key](const json& record) { return record["settings"][key].get<double>(); };
}

}  // namespace dcgan
