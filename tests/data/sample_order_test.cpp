#include "data/sample_order.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "data/dataset.h"

namespace dcgan {
namespace {

TEST(SampleOrder, EveryImageOnceAnEpochAcrossBatchesThatDoNotDivideIt) {
  SampleOrder order(65, 7);
  std::vector<torch::Tensor> batches;
  for (int64_t first = 0; first < 3 * 65; first += 15) batches.push_back(order.batch(first, 15));
  const auto stream = torch::cat(batches);
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    const auto seen = std::get<0>(stream.slice(0, epoch * 65, (epoch + 1) * 65).sort());
    EXPECT_TRUE(torch::equal(seen, torch::arange(65)));
  }
  EXPECT_FALSE(torch::equal(stream.slice(0, 0, 65), stream.slice(0, 65, 130)));
}

TEST(SampleOrder, AnyPositionCanBeResumed) {
  SampleOrder undisturbed(100, 1);
  const auto whole = undisturbed.batch(0, 300);
  for (const int64_t stop : {100, 130, 99, 200}) {
    SampleOrder resumed(100, 1);
    EXPECT_TRUE(torch::equal(resumed.batch(stop, 60), whole.slice(0, stop, stop + 60)));
  }
}

TEST(SampleOrder, OneBatchMaySpanSeveralEpochs) {
  SampleOrder order(3, 1);
  EXPECT_EQ(order.batch(1, 10).size(0), 10);
}

TEST(Dataset, PixelsBecomeTheNetworksRange) {
  const auto images = torch::tensor({0, 255, 51}, torch::kUInt8).view({1, 1, 1, 3});
  const auto values = to_network_range(images);
  EXPECT_EQ(values.sizes(), (std::vector<int64_t>{1, 3, 1, 1}));
  EXPECT_TRUE(torch::allclose(values.flatten(), torch::tensor({-1.0f, 1.0f, -0.6f})));
}

}  // namespace
}  // namespace dcgan
