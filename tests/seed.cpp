// Of LibTorch's own random numbers, which tests take as data: without a seed they differ from one
// process to the next, and a failure could not be repeated.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace {

class Seed : public ::testing::Environment {
 public:
  void SetUp() override { torch::manual_seed(1); }
};

const auto* const kSeed = ::testing::AddGlobalTestEnvironment(new Seed);

}  // namespace
