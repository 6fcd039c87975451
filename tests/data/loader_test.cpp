#include "data/loader.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace dcgan {
namespace {

// A set whose image i has the value i in its left column, and which reads as if from files.
class Numbered : public MemoryDataset {
 public:
  explicit Numbered(bool in_memory) : MemoryDataset("numbered", numbers()), in_memory_(in_memory) {}
  bool in_memory() const override { return in_memory_; }

 private:
  static at::Tensor numbers() {
    at::Tensor images = torch::zeros({50, 2, 2, 1}, torch::kUInt8);
    images.select(2, 0).copy_(torch::arange(1, 51).view({50, 1, 1}).expand({50, 2, 1}));
    return images;
  }
  bool in_memory_;
};

std::vector<at::Tensor> batches(const Dataset& set, LoaderOptions options, int count) {
  Loader loader(set, options, torch::kCPU);
  std::vector<at::Tensor> all;
  for (int i = 0; i < count; ++i) all.push_back(loader.next());
  return all;
}

TEST(Loader, ReadingAheadChangesNothing) {
  const LoaderOptions options{.batch_size = 16, .seed = 3, .flip = true};
  const auto direct = batches(Numbered(true), options, 10);
  const auto ahead = batches(Numbered(false), options, 10);
  for (size_t i = 0; i < direct.size(); ++i) EXPECT_TRUE(torch::equal(direct[i], ahead[i]));
}

TEST(Loader, GoesOnWhereTheImagesSeenEnd) {
  LoaderOptions options{.batch_size = 7, .seed = 3, .flip = true};
  const auto whole = batches(Numbered(true), options, 10);
  options.first_image = 7 * 6;
  EXPECT_TRUE(torch::equal(batches(Numbered(true), options, 1)[0], whole[6]));
}

TEST(Loader, FlipMirrorsHalfOfTheImagesAnewEachTime) {
  const Numbered set(true);
  const auto drawn =
      batches(set, {.batch_size = 50, .seed = 1, .flip = true}, 20);  // a batch is an epoch
  double mirrored = 0;
  at::Tensor first_left;
  for (const at::Tensor& batch : drawn) {
    const at::Tensor right = batch.select(2, 1).select(1, 0).squeeze(1) > 0;
    mirrored += right.sum().item<double>();
  }
  EXPECT_NEAR(mirrored / 1000, 0.5, 0.06);
  // The same image in two epochs.
  const auto side = [&](size_t epoch) {
    const at::Tensor value = drawn[epoch].amax({1, 2, 3});
    const at::Tensor right = (drawn[epoch].select(2, 1).select(1, 0).squeeze(1) > 0);
    return right.index_select(0, std::get<1>(value.to(torch::kInt64).sort()));
  };
  EXPECT_FALSE(torch::equal(side(0), side(1)));
}

class Failing : public Numbered {
 public:
  Failing() : Numbered(false) {}
  at::Tensor images(const at::Tensor&) const override { throw std::runtime_error("gone"); }
};

TEST(Loader, AFailureOfTheReaderReachesTheCaller) {
  const Failing set;
  Loader loader(set, {.batch_size = 4}, torch::kCPU);
  EXPECT_THROW(loader.next(), std::runtime_error);
}

}  // namespace
}  // namespace dcgan
