#include "studies/classifier_cell.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <nlohmann/json.hpp>

#include "studies/digit_parts.h"

namespace dcgan {
namespace {

using nlohmann::json;

json run(json settings, uint64_t seed = 3) {
  torch::set_num_threads(1);  // as a study's worker does
  settings.update({{"steps", 60}, {"eval_every", 20}, {"width", 20}});
  json record = run_classifier_cell(classifier_cell_from(settings, seed));
  for (const char* time : {"target_seconds", "trained_seconds", "step_ms"}) record.erase(time);
  return record;
}

TEST(ClassifierCell, IsAFunctionOfSettingsAndSeed) {
  const json settings{{"norm", "batch"}, {"lr", 0.3}, {"dropout", 0.3}, {"noise", 0.1}};
  EXPECT_EQ(run(settings), run(settings));
  EXPECT_NE(run(settings, 3), run(settings, 4));
}

TEST(ClassifierCell, LearnsAndTimesTheTarget) {
  const json found = run(
      {{"norm", "batch"}, {"lr", 1.0}, {"target", 0.5}, {"activation", "relu"}, {"init", "he"}});
  EXPECT_FALSE(found["failed"].get<bool>());
  EXPECT_GT(found["accuracy"].get<double>(), 0.7);
  EXPECT_LE(found["target_step"].get<int64_t>(), 40);
}

TEST(ClassifierCell, ATargetThatIsNotReachedIsNull) {
  const json found = run({{"norm", "none"}, {"lr", 0.001}, {"target", 0.9}});
  EXPECT_TRUE(found["target_step"].is_null());
}

TEST(ClassifierCell, ALossThatIsNotFiniteFailsAndEndsTheRun) {
  const json found = run({{"norm", "none"}, {"lr", 1e30}, {"activation", "relu"}, {"init", "he"}});
  EXPECT_TRUE(found["failed"].get<bool>());
  EXPECT_NE(found["failure"].get<std::string>().find("not finite"), std::string::npos);
}

TEST(ClassifierCell, AChanceLevelRunFails) {
  const json found = run({{"norm", "none"}, {"lr", 1e-7}});
  EXPECT_EQ(found.value("failure", ""), "did not learn");
}

TEST(ClassifierCell, UnknownSettingsAreProgrammingErrors) {
  EXPECT_THROW(classifier_cell_from({{"rate", 1}}, 0), std::logic_error);
}

TEST(DigitParts, TheTestPartIsTheSameForEverySeedAndInNoTrainingPart) {
  const DigitParts a = digit_parts(16, 1, 3500, StandardizationKind::kNone);
  const DigitParts b = digit_parts(16, 2, 100, StandardizationKind::kNone);
  EXPECT_TRUE(torch::equal(a.test.images, b.test.images));
  EXPECT_EQ(a.training.labels.size(0), 3500);
  EXPECT_EQ(b.training.labels.size(0), 100);
  EXPECT_EQ(a.validation.labels.size(0), 500);
  EXPECT_FALSE(torch::equal(a.validation.images, b.validation.images));
  // No training image is a test image.
  const torch::Tensor distances = torch::cdist(b.training.images, a.test.images);
  EXPECT_GT(distances.min().item<double>(), 1e-3);
}

TEST(DeepClassifier, DropoutDropsItsShareInTrainingAlone) {
  DeepClassifierOptions options;
  options.depth = 1;
  options.width = 400;
  options.batch_norm = false;
  options.dropout = 0.4;
  DeepClassifier network(options);
  const torch::NoGradGuard no_grad;
  // The logits count the units that are left: sigmoid(0) = 0.5 each, times 1 / 0.6.
  for (auto& parameter : network->parameters()) parameter.zero_();
  network->weights().back().fill_(1);
  const torch::Tensor x = torch::zeros({50, 256});
  const torch::Tensor logits = network->forward(x, 7);
  EXPECT_NEAR(logits.mean().item<double>(), 200, 3);
  EXPECT_GT(logits.std().item<double>(), 1);
  EXPECT_FALSE(torch::equal(logits, network->forward(x, 8)));
  network->eval();
  EXPECT_NEAR(network->forward(x).std().item<double>(), 0, 1e-4);
}

}  // namespace
}  // namespace dcgan
