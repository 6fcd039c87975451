// What a process computes first must not depend on which of its threads came first. The race
// itself shows in one process of hundreds, so the order of calls is watched that rules it out.
#include "models/vector_math.h"

#include <ATen/record_function.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/generator.h"
#include "models/network_pass.h"

namespace dcgan {
namespace {

std::vector<int64_t>& tanh_sizes() {
  static std::vector<int64_t> sizes;
  return sizes;
}

// While it lives, the number of values of every tanh that LibTorch is asked for is written down.
class WatchTanh {
 public:
  WatchTanh() {
    tanh_sizes().clear();
    handle_ = at::addGlobalCallback(at::RecordFunctionCallback(note).needsInputs(true));
  }
  ~WatchTanh() { at::removeCallback(handle_); }
  WatchTanh(const WatchTanh&) = delete;
  WatchTanh& operator=(const WatchTanh&) = delete;

 private:
  static std::unique_ptr<at::ObserverContext> note(const at::RecordFunction& call) {
    if (std::string(call.name()) == "aten::tanh") {
      tanh_sizes().push_back(call.inputs()[0].toTensor().numel());
    }
    return nullptr;
  }

  at::CallbackHandle handle_;
};

// Only the first test of a process can see its first call; ctest gives each test a process.
bool is_first() {
  static bool first = true;
  return std::exchange(first, false);
}

void expect_one_value_first(int64_t then) {
  ASSERT_GE(tanh_sizes().size(), 3u);
  EXPECT_EQ(tanh_sizes()[0], 1) << "float";
  EXPECT_EQ(tanh_sizes()[1], 1) << "double";
  EXPECT_EQ(tanh_sizes()[2], then);
}

TEST(VectorMath, IsSettledBeforeANetworkOfOperatorsUsesIt) {
  if (!is_first()) GTEST_SKIP() << "needs a process of its own";
  Generator generator(GeneratorOptions().image_size(32).channels(1).nz(4).ngf(2));
  const WatchTanh watch;
  generator->forward(torch::ones({8, 4}));
  expect_one_value_first(8 * 32 * 32);
}

TEST(VectorMath, IsSettledBeforeAWrittenPassUsesIt) {
  if (!is_first()) GTEST_SKIP() << "needs a process of its own";
  Generator generator(GeneratorOptions().image_size(32).channels(1).nz(4).ngf(2));
  NetworkPass pass(generator->main);
  const WatchTanh watch;
  const torch::NoGradGuard no_grad;
  pass.forward(torch::ones({8, 4, 1, 1}), NetworkPass::Wants::kParameters);
  expect_one_value_first(8 * 32 * 32);
}

}  // namespace
}  // namespace dcgan
