// Computes what the studies measure on given numbers, for comparison with Python: reads a JSON
// object with a "task" from standard input and prints one.
//   standardize   {"kind", "epsilon", "training": [[...]], "features": [[...]]}
//   landscape     {"network", "batch_norm", "activation", "features": [[...]], "labels": [...],
//                 "steps": [...]}: answers with the network's parameters too
#include <torch/types.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "data/standardization.h"
#include "models/initialization.h"
#include "studies/loss_landscape.h"
#include "studies/network_measures.h"

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

// Every parameter with its name, flat.
json parameters_of(dcgan::DeepClassifier& network) {
  json all = json::array();
  for (const auto& parameter : network->named_parameters()) {
    const torch::Tensor values = parameter.value().detach().contiguous();
    all.push_back({{"name", parameter.key()},
                   {"shape", values.sizes().vec()},
                   {"values", std::vector<double>(values.data_ptr<double>(),
                                                  values.data_ptr<double>() + values.numel())}});
  }
  return all;
}

json landscape(const json& in) {
  dcgan::DeepClassifierOptions options;
  options.network = in["network"].get<std::string>();
  options.image_size = 8;
  options.depth = 2;
  options.width = 5;
  options.activation = in["activation"].get<std::string>();
  options.batch_norm = in["batch_norm"].get<bool>();
  dcgan::DeepClassifier network(options);
  dcgan::initialize(*network, dcgan::parse_initialization("he"), 9);
  network->to(torch::kFloat64);
  const torch::Tensor images = matrix(in["features"]);
  const torch::Tensor labels =
      torch::tensor(in["labels"].get<std::vector<int64_t>>(), torch::kInt64);
  const dcgan::LossLandscape seen = dcgan::loss_landscape(
      *network, [&] { return dcgan::cross_entropy(network->forward(images), labels); },
      in["steps"].get<std::vector<double>>());
  return {{"parameters", parameters_of(network)},
          {"gradient_norm", seen.gradient_norm},
          {"loss_range", seen.loss_range},
          {"gradient_change", seen.gradient_change},
          {"smoothness", seen.smoothness}};
}

}  // namespace

int main() {
  const json in = json::parse(std::cin);
  if (in["task"] == "standardize") {
    std::cout << standardize(in).dump() << "\n";
    return 0;
  }
  if (in["task"] == "landscape") {
    std::cout << landscape(in).dump() << "\n";
    return 0;
  }
  return 1;
}
