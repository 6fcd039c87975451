// Computes what the studies measure on given numbers, for comparison with Python: reads a JSON
// object with a "task" from standard input and prints one.
//   standardize   {"kind", "epsilon", "training": [[...]], "features": [[...]]}
#include <torch/torch.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "data/standardization.h"

using nlohmann::json;

namespace {

torch::Tensor matrix(const json& rows) {
  torch::Tensor result =
      torch::empty({static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows.front().size())},
                   torch::kFloat64);
  for (int64_t i = 0; i < result.size(0); ++i) {
    for (int64_t j = 0; j < result.size(1); ++j) {
      result[i][j] = rows[static_cast<size_t>(i)][static_cast<size_t>(j)].get<double>();
    }
  }
  return result;
}

json list(const torch::Tensor& values) {
  json rows = json::array();
  for (int64_t i = 0; i < values.size(0); ++i) {
    const torch::Tensor row = values[i].contiguous();
    rows.push_back(
        std::vector<double>(row.data_ptr<double>(), row.data_ptr<double>() + row.numel()));
  }
  return rows;
}

json standardize(const json& in) {
  const auto map =
      dcgan::Standardization::fit(dcgan::parse_standardization(in["kind"].get<std::string>()),
                                  matrix(in["training"]), in.value("epsilon", 0.0));
  const torch::Tensor features = matrix(in["features"]);
  const torch::Tensor applied = map.apply(features);
  const dcgan::CovarianceSummary summary = dcgan::summarize_covariance(features);
  return {{"applied", list(applied)},
          {"restored", list(map.invert(applied))},
          {"condition", summary.condition},
          {"condition_about_zero", summary.condition_about_zero},
          {"correlation", summary.correlation}};
}

}  // namespace

int main() {
  const json in = json::parse(std::cin);
  if (in["task"] == "standardize") {
    std::cout << standardize(in).dump() << "\n";
    return 0;
  }
  return 1;
}
