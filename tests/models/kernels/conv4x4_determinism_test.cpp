// What resumption to the bit rests on: no result depends on the number of threads, and no image's
// result on its batch.
#include <functional>

#include "models/kernels/conv4x4.h"
#include "models/kernels/conv4x4_reference.h"
#include "models/kernels/scratch.h"

namespace dcgan::kernels::testing {
namespace {

class Conv4x4Determinism : public EveryTarget {};

const ConvShape kShapes[] = {{11, 8, 8, 20, 36},  {9, 16, 16, 3, 17}, {40, 4, 4, 64, 24},
                             {2, 32, 36, 1, 16},  {33, 8, 8, 72, 40}, {1, 16, 16, 5, 300},
                             {64, 16, 16, 2, 20}, {3, 40, 40, 6, 9}};

struct Case {
  const char* name;
  // Runs on images [first, first + batch) of the whole batch's input.
  std::function<std::vector<float>(int64_t first, int64_t batch)> run;
  bool by_image;  // one result an image
};

std::vector<Case> cases(const ConvShape& whole) {
  std::mt19937 generator(1);
  const auto x = random_vector<float>(x_size(whole), generator);
  const auto y = random_vector<float>(y_size(whole), generator);
  const auto w = random_vector<float>(w_size(whole), generator);
  const int64_t channels = whole.out_channels;
  const int64_t latent = whole.in_channels;
  const auto z = random_vector<float>(whole.batch * latent, generator);
  const auto map = random_vector<float>(whole.batch * 16 * channels, generator);
  const auto at = [whole](int64_t batch) {
    ConvShape shape = whole;
    shape.batch = batch;
    return shape;
  };
  const int64_t x_image = x_size(at(1));
  const int64_t y_image = y_size(at(1));
  const auto result = [](int64_t size) { return std::vector<float>(static_cast<size_t>(size)); };
  return {
      {"forward",
       [=](int64_t first, int64_t batch) {
         auto out = result(batch * y_image);
         conv4x4s2_forward(at(batch), x.data() + first * x_image, w.data(), out.data());
         return out;
       },
       true},
      {"data gradient",
       [=](int64_t first, int64_t batch) {
         auto out = result(batch * x_image);
         conv4x4s2_data_gradient(at(batch), y.data() + first * y_image, w.data(), out.data());
         return out;
       },
       true},
      {"weight gradient",
       [=](int64_t first, int64_t batch) {
         auto out = result(w_size(whole));
         conv4x4s2_weight_gradient(at(batch), x.data() + first * x_image,
                                   y.data() + first * y_image, out.data());
         return out;
       },
       false},
      {"project forward",
       [=](int64_t first, int64_t batch) {
         auto out = result(batch * 16 * channels);
         project_forward(batch, latent, channels, z.data() + first * latent, w.data(), out.data());
         return out;
       },
       true},
      {"project weight gradient",
       [=](int64_t first, int64_t batch) {
         auto out = result(latent * 16 * channels);
         project_weight_gradient(batch, latent, channels, z.data() + first * latent,
                                 map.data() + first * 16 * channels, out.data());
         return out;
       },
       false},
      {"score forward",
       [=](int64_t first, int64_t batch) {
         auto out = result(batch);
         score_forward(batch, channels, map.data() + first * 16 * channels, w.data(), out.data());
         return out;
       },
       true},
      {"score data gradient",
       [=](int64_t first, int64_t batch) {
         auto out = result(batch * 16 * channels);
         score_data_gradient(batch, channels, z.data() + first, w.data(), out.data());
         return out;
       },
       true},
      {"score weight gradient",
       [=](int64_t first, int64_t batch) {
         auto out = result(16 * channels);
         score_weight_gradient(batch, channels, map.data() + first * 16 * channels,
                               z.data() + first, out.data());
         return out;
       },
       false},
  };
}

TEST_P(Conv4x4Determinism, ResultDoesNotDependOnTheNumberOfThreads) {
  for (const ConvShape& shape : kShapes) {
    for (const Case& one : cases(shape)) {
      at::set_num_threads(1);
      const std::vector<float> expected = one.run(0, shape.batch);
      for (int threads : {2, 3, 7}) {
        at::set_num_threads(threads);
        EXPECT_EQ(one.run(0, shape.batch), expected)
            << one.name << ", " << describe(shape) << ", " << threads << " threads";
      }
    }
  }
}

TEST_P(Conv4x4Determinism, ImageDoesNotDependOnItsBatchmates) {
  for (const ConvShape& shape : kShapes) {
    for (const Case& one : cases(shape)) {
      if (!one.by_image) continue;
      const std::vector<float> whole = one.run(0, shape.batch);
      const size_t image = whole.size() / static_cast<size_t>(shape.batch);
      for (int64_t first = 0; first < shape.batch; first += 3) {
        const int64_t batch = std::min<int64_t>(1 + first % 5, shape.batch - first);
        const std::vector<float> part = one.run(first, batch);
        const auto begin = whole.begin() + first * static_cast<int64_t>(image);
        EXPECT_EQ(part, std::vector<float>(begin, begin + static_cast<int64_t>(part.size())))
            << one.name << ", " << describe(shape) << ", images " << first << " + " << batch;
      }
    }
  }
}

TEST_P(Conv4x4Determinism, SecondStepAllocatesNoScratch) {
  at::set_num_threads(1);
  const auto step = [] {
    for (const ConvShape& shape : kShapes) {
      for (const Case& one : cases(shape)) one.run(0, shape.batch);
    }
  };
  step();
  const size_t size = scratch_size();
  step();
  EXPECT_EQ(scratch_size(), size);
}

DCGAN_EVERY_TARGET(Conv4x4Determinism);

}  // namespace
}  // namespace dcgan::kernels::testing
