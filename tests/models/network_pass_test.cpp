#include "models/network_pass.h"

#include <gtest/gtest.h>

#include "models/autocast.h"
#include "models/discriminator.h"
#include "models/generator.h"
#include "models/initialization.h"

namespace dcgan {
namespace {

using Wants = NetworkPass::Wants;

Generator generator(int64_t size, Normalization norm, torch::ScalarType type,
                    const BatchNormOptions& batch_norm = BatchNormOptions(1)) {
  Generator network(
      GeneratorOptions().image_size(size).channels(3).nz(7).ngf(5).normalization(norm).batch_norm(
          batch_norm));
  initialize(*network, parse_initialization("he"), 1);
  network->to(type);
  return network;
}

Discriminator discriminator(int64_t size, Normalization norm, torch::ScalarType type,
                            const BatchNormOptions& batch_norm = BatchNormOptions(1)) {
  Discriminator network(
      DiscriminatorOptions().image_size(size).channels(3).ndf(5).normalization(norm).batch_norm(
          batch_norm));
  initialize(*network, parse_initialization("he"), 1);
  network->to(type);
  return network;
}

// Everything that a forward and both kinds of backward give.
struct PassOutcome {
  std::vector<torch::Tensor> tensors;
  std::vector<std::string> names;

  void add(std::string name, const torch::Tensor& tensor) {
    names.push_back(std::move(name));
    tensors.push_back(tensor.detach().clone());
  }
};

PassOutcome outcome_of(StageSequence network, const torch::Tensor& input, int64_t groups,
                       bool written) {
  NetworkPass pass(network);
  if (!written) pass.forbid_written();
  EXPECT_EQ(WrittenPass::supports(network, input), true);
  PassOutcome outcome;
  torch::manual_seed(3);
  for (int round = 0; round < 2; ++round) {
    const torch::Tensor output = pass.forward(input, Wants::kParameters, groups);
    outcome.add("output", output);
    std::vector<torch::Tensor> gradients;
    for (const torch::Tensor& parameter : network->parameters()) {
      gradients.push_back(torch::full_like(parameter.detach(), NAN));  // set, not added to
    }
    pass.backward_to_parameters(torch::randn_like(output), gradients);
    const auto parameters = network->named_parameters();
    for (size_t i = 0; i < gradients.size(); ++i) {
      outcome.add("gradient of " + parameters[i].key(), gradients[i]);
    }
    // Another batch size and number of groups in between, as the training step has them.
    const torch::Tensor fewer = input.narrow(0, 0, input.size(0) / 2);
    const torch::Tensor again = pass.forward(fewer, Wants::kInput);
    outcome.add("output of fewer", again);
    outcome.add("gradient at the input", pass.backward_to_input(torch::randn_like(again)));
  }
  for (const auto& buffer : network->named_buffers()) outcome.add(buffer.key(), buffer.value());
  return outcome;
}

void expect_equal_bits(const PassOutcome& a, const PassOutcome& b) {
  ASSERT_EQ(a.names, b.names);
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    EXPECT_TRUE(a.tensors[i].isfinite().all().item<bool>()) << a.names[i];
    EXPECT_TRUE(torch::equal(a.tensors[i], b.tensors[i]))
        << a.names[i] << ": largest difference "
        << (a.tensors[i] - b.tensors[i]).abs().max().item<double>();
  }
}

template <typename Make>
void compare(const Make& make, const torch::Tensor& input, int64_t groups) {
  expect_equal_bits(outcome_of(make()->main, input, groups, true),
                    outcome_of(make()->main, input, groups, false));
}

TEST(NetworkPass, WrittenBackwardEqualsAutogradToTheBit) {
  torch::manual_seed(2);
  for (const auto norm : {Normalization::kBatch, Normalization::kNone}) {
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      for (const int64_t size : {16, 32}) {
        SCOPED_TRACE(to_string(norm) + (type == torch::kFloat ? ", float, " : ", double, ") +
                     std::to_string(size));
        const torch::Tensor images = torch::randn({6, 3, size, size}, type);
        compare([&] { return discriminator(size, norm, type); }, images, 1);
        compare([&] { return discriminator(size, norm, type); }, images, 2);
        compare([&] { return generator(size, norm, type); }, torch::randn({6, 7, 1, 1}, type), 1);
      }
    }
  }
}

TEST(NetworkPass, WrittenBackwardLeavesOutTheSameGradientsThroughStatistics) {
  torch::manual_seed(2);
  const auto detached =
      BatchNormOptions(1).gradient_through_mean(false).gradient_through_variance(false);
  compare([&] { return discriminator(16, Normalization::kBatch, torch::kFloat, detached); },
          torch::randn({6, 3, 16, 16}), 2);
}

TEST(NetworkPass, WrittenBackwardEqualsAutogradsWithOtherNonlinearities) {
  torch::manual_seed(2);
  for (const auto nonlinearity : {Nonlinearity::kRelu, Nonlinearity::kLeakyRelu}) {
    const auto make = [&] {
      Generator network(GeneratorOptions()
                            .image_size(16)
                            .channels(3)
                            .nz(7)
                            .ngf(5)
                            .normalization(Normalization::kNone)
                            .nonlinearity(nonlinearity));
      initialize(*network, parse_initialization("he"), 1);
      return network;
    };
    compare(make, torch::randn({6, 7, 1, 1}), 1);
  }
}

TEST(NetworkPass, LeavesHiddenSigmoidsAndTanhsToAutograd) {
  for (const char* name : {"sigmoid", "tanh"}) {
    for (const auto norm : {Normalization::kBatch, Normalization::kNone}) {
      Discriminator network(
          DiscriminatorOptions().image_size(16).ndf(5).normalization(norm).nonlinearity(
              parse_nonlinearity(name)));
      EXPECT_FALSE(WrittenPass::supports(network->main, torch::randn({4, 3, 16, 16}))) << name;
    }
  }
  EXPECT_THROW(parse_nonlinearity("swish"), c10::ValueError);
}

TEST(NetworkPass, WritesItsResultWhereItIsTold) {
  torch::manual_seed(2);
  for (const bool written : {true, false}) {
    Generator network = generator(16, Normalization::kBatch, torch::kFloat);
    NetworkPass pass(network->main);
    if (!written) pass.forbid_written();
    const auto images = torch::zeros({8, 3, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
    const torch::Tensor half = images.narrow(0, 4, 4);
    const torch::Tensor result =
        pass.forward(torch::randn({4, 7, 1, 1}), Wants::kParameters, 1, half);
    EXPECT_EQ(result.data_ptr(), half.data_ptr());
    EXPECT_GT(half.abs().sum().item<double>(), 0);
    EXPECT_EQ(images.narrow(0, 0, 4).abs().sum().item<double>(), 0);
  }
}

TEST(NetworkPass, LeavesToAutogradWhatTheKernelsDoNotKnow) {
  const torch::Tensor images = torch::randn({4, 3, 16, 16});
  const auto supported = [&](Discriminator network, const torch::Tensor& input) {
    return WrittenPass::supports(network->main, input);
  };
  const auto batch = [](const BatchNormOptions& options) {
    return discriminator(16, Normalization::kBatch, torch::kFloat, options);
  };
  EXPECT_TRUE(supported(batch(BatchNormOptions(1)), images));
  for (const std::string& name : normalization_names()) {
    EXPECT_EQ(supported(discriminator(16, parse_normalization(name), torch::kFloat), images),
              name == "batch" || name == "none")
        << name;
  }
  EXPECT_FALSE(supported(batch(BatchNormOptions(1).noise(0.1)), images));
  EXPECT_FALSE(supported(batch(BatchNormOptions(1).centring(false)), images));
  EXPECT_FALSE(supported(batch(BatchNormOptions(1).scaling(false)), images));
  EXPECT_FALSE(supported(batch(BatchNormOptions(1).fixed_statistics(true)), images));
  EXPECT_FALSE(supported(batch(BatchNormOptions(1).affine(false)), images));
  EXPECT_FALSE(supported(batch(BatchNormOptions(1).check_finite(true)), images));
  EXPECT_FALSE(supported(batch(BatchNormOptions(1)), images.to(torch::kDouble)));
  EXPECT_FALSE(supported(batch(BatchNormOptions(1)), images.to(torch::kBFloat16)));
  Discriminator probed = batch(BatchNormOptions(1));
  probed->main->set_probe(std::make_shared<Probe>());
  EXPECT_FALSE(supported(probed, images));
  Discriminator evaluated = batch(BatchNormOptions(1));
  evaluated->eval();
  EXPECT_FALSE(supported(evaluated, images));
}

TEST(NetworkPass, AutocastComputesConvolutionsInBfloat16AndResultsInFloat) {
  torch::manual_seed(2);
  Discriminator network = discriminator(16, Normalization::kBatch, torch::kFloat);
  NetworkPass pass(network->main);
  const torch::Tensor input = torch::randn({8, 3, 16, 16});
  const torch::Tensor exact = pass.forward(input, Wants::kInput).clone();
  pass.set_autocast(true);
  const torch::Tensor rough = pass.forward(input, Wants::kInput);
  EXPECT_EQ(rough.scalar_type(), torch::kFloat);
  EXPECT_FALSE(torch::equal(exact, rough));
  EXPECT_LT(((exact - rough).norm() / exact.norm()).item<double>(), 0.03);
  EXPECT_EQ(pass.backward_to_input(torch::ones_like(rough)).scalar_type(), torch::kFloat);
  EXPECT_FALSE(at::autocast::is_autocast_enabled(torch::kCPU)) << "left on";
}

TEST(NetworkPass, AutogradServesEveryNorm) {
  torch::manual_seed(2);
  for (const auto norm : {Normalization::kLayer, Normalization::kSpectral}) {
    Discriminator network = discriminator(16, norm, torch::kFloat);
    NetworkPass pass(network->main);
    const torch::Tensor input = torch::randn({4, 3, 16, 16});
    const torch::Tensor output = pass.forward(input, Wants::kParameters, 2);
    std::vector<torch::Tensor> gradients;
    for (const torch::Tensor& p : network->parameters()) gradients.push_back(torch::zeros_like(p));
    pass.backward_to_parameters(torch::ones_like(output), gradients);
    for (const torch::Tensor& g : gradients) EXPECT_GT(g.abs().sum().item<double>(), 0);
    pass.forward(input, Wants::kInput);
    EXPECT_GT(pass.backward_to_input(torch::ones_like(output)).abs().sum().item<double>(), 0);
  }
}

}  // namespace
}  // namespace dcgan
