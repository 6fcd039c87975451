#include "studies/network_measures.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "models/initialization.h"
#include "models/random.h"

namespace dcgan {
namespace {

DigitPart random_part(int64_t n, int64_t features) {
  torch::Tensor images = torch::empty({n, features}, torch::kFloat64);
  RandomStream(1, "images").fill_normal(images, 0, 1);
  return {images, torch::arange(n, torch::kInt64).remainder(3)};
}

DeepClassifier small_network(const std::string& kind, bool batch_norm) {
  torch::set_num_threads(1);
  DeepClassifierOptions options;
  options.network = kind;
  options.image_size = 4;
  options.depth = 2;
  options.width = 3;
  options.classes = 3;
  options.activation = "tanh";
  options.batch_norm = batch_norm;
  DeepClassifier network(options);
  initialize(*network, parse_initialization("xavier"), 5);
  network->to(torch::kFloat64);
  return network;
}

TEST(WeightGradientNorms, EqualFiniteDifferences) {
  for (const char* kind : {"mlp", "cnn"}) {
    for (const bool batch_norm : {false, true}) {
      DeepClassifier network = small_network(kind, batch_norm);
      const DigitPart batch = random_part(8, 16);
      const std::vector<double> norms = weight_gradient_norms(network, batch);
      const torch::NoGradGuard no_grad;
      const auto loss = [&] {
        return cross_entropy(network->forward(batch.images), batch.labels).item<double>();
      };
      constexpr double kStep = 1e-5;
      std::vector<torch::Tensor> weights = network->weights();
      ASSERT_EQ(norms.size(), weights.size());
      for (size_t layer = 0; layer < weights.size(); ++layer) {
        double squares = 0;
        auto* values = weights[layer].data_ptr<double>();
        for (int64_t i = 0; i < weights[layer].numel(); ++i) {
          const double kept = values[i];
          values[i] = kept + kStep;
          const double above = loss();
          values[i] = kept - kStep;
          const double below = loss();
          values[i] = kept;
          squares += std::pow((above - below) / (2 * kStep), 2);
        }
        EXPECT_NEAR(norms[layer], std::sqrt(squares), 1e-7 * (1 + norms[layer]))
            << kind << " batch norm " << batch_norm << " layer " << layer;
      }
    }
  }
}

TEST(WeightGradientNorms, LeaveTheRunningStatisticsAsTheyWere) {
  DeepClassifier network = small_network("mlp", true);
  std::vector<torch::Tensor> before;
  for (const auto& buffer : network->buffers()) before.push_back(buffer.clone());
  weight_gradient_norms(network, random_part(8, 16));
  const auto after = network->buffers();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(torch::equal(before[i], after[i]));
}

TEST(DeadUnits, AreCounted) {
  DeepClassifierOptions options;
  options.image_size = 4;
  options.depth = 1;
  options.width = 4;
  options.batch_norm = false;
  options.activation = "relu";
  DeepClassifier network(options);
  const torch::NoGradGuard no_grad;
  torch::Tensor bias = network->named_parameters()["layer0.bias"];
  network->weights()[0].zero_();
  bias.copy_(torch::tensor({1.0, -1.0, -1.0, -1.0}));
  EXPECT_DOUBLE_EQ(dead_units(network, {torch::zeros({3, 16}), torch::zeros({3}, torch::kInt64)}),
                   0.75);
  EXPECT_TRUE(network->is_training());
}

}  // namespace
}  // namespace dcgan
