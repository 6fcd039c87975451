// The 1x1 <-> 4x4 ends against the definition.
#include "models/kernels/conv4x4.h"
#include "models/kernels/conv4x4_reference.h"

namespace dcgan::kernels::testing {
namespace {

class Conv4x4Ends : public EveryTarget {};

template <typename T>
void check_project(int64_t batch, int64_t latent, int64_t channels) {
  std::mt19937 generator(1);
  const auto x = random_vector<T>(batch * latent, generator);
  const auto w = random_vector<T>(latent * channels * 16, generator);
  const auto dy = random_vector<T>(batch * channels * 16, generator);
  const auto bias = random_vector<T>(channels, generator);
  Reference y(batch * 16 * channels);
  Reference dw(latent * channels * 16);
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t z = 0; z < latent; ++z)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t tap = 0; tap < 16; ++tap) {
          const int64_t wi = (z * channels + c) * 16 + tap;
          const int64_t yi = (n * 16 + tap) * channels + c;
          const double value = static_cast<double>(x[n * latent + z]);
          y.add(yi, value * static_cast<double>(w[wi]));
          dw.add(wi, value * static_cast<double>(dy[yi]));
        }
  const std::string what = "batch " + std::to_string(batch) + ", latent " + std::to_string(latent) +
                           ", channels " + std::to_string(channels);
  const GuardedBuffer<T> input(x);
  const GuardedBuffer<T> weight(w);
  const GuardedBuffer<T> gradient(dy);
  GuardedBuffer<T> output(batch * 16 * channels);
  GuardedBuffer<T> weight_gradient(latent * channels * 16);
  project_forward(batch, latent, channels, input.data(), weight.data(), output.data());
  expect_close(output, y, "project forward, " + what);
  project_weight_gradient(batch, latent, channels, input.data(), gradient.data(),
                          weight_gradient.data());
  expect_close(weight_gradient, dw, "project weight gradient, " + what);
  const Epilogue<T> epilogue = {bias.data(), T(0.2)};
  apply_epilogue(y, channels, epilogue);
  project_forward(batch, latent, channels, input.data(), weight.data(), output.data(), epilogue);
  expect_close(output, y, "project forward with bias, " + what);
}

template <typename T>
void check_score(int64_t batch, int64_t channels, bool fused) {
  std::mt19937 generator(2);
  const auto x = random_vector<T>(batch * channels * 16, generator);
  const auto w = random_vector<T>(channels * 16, generator);
  const auto dy = random_vector<T>(batch, generator);
  const auto bias = random_vector<T>(1, generator);
  const Epilogue<T> epilogue = fused ? Epilogue<T>{bias.data(), T(0.3)} : Epilogue<T>{};
  const Reference inputs = exactly(x);
  const Reference weights = exactly(w);
  const Reference gradients = exactly(dy);
  Reference y(batch);
  Reference dx(batch * channels * 16);
  Reference dw(channels * 16);
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t tap = 0; tap < 16; ++tap) {
        const int64_t xi = (n * 16 + tap) * channels + c;
        y.add_product(n, inputs, xi, weights, c * 16 + tap);
        dx.add_product(xi, gradients, n, weights, c * 16 + tap);
        dw.add_product(c * 16 + tap, gradients, n, inputs, xi);
      }
  apply_epilogue(y, 1, epilogue);
  const std::string what =
      "batch " + std::to_string(batch) + ", channels " + std::to_string(channels);
  const GuardedBuffer<T> input(x);
  const GuardedBuffer<T> weight(w);
  const GuardedBuffer<T> gradient(dy);
  GuardedBuffer<T> output(batch);
  GuardedBuffer<T> data_gradient(batch * channels * 16);
  GuardedBuffer<T> weight_gradient(channels * 16);
  score_forward(batch, channels, input.data(), weight.data(), output.data(), epilogue);
  expect_close(output, y, "score forward, " + what);
  score_data_gradient(batch, channels, gradient.data(), weight.data(), data_gradient.data());
  expect_close(data_gradient, dx, "score data gradient, " + what);
  score_weight_gradient(batch, channels, input.data(), gradient.data(), weight_gradient.data());
  expect_close(weight_gradient, dw, "score weight gradient, " + what);
}

TEST_P(Conv4x4Ends, ProjectEqualsTheDefinition) {
  for (int64_t batch : {1, 7, 13}) {
    for (int64_t latent : {1, 3, 30}) {
      for (int64_t channels : {1, 5, 16, 40}) {
        check_project<float>(batch, latent, channels);
        check_project<double>(batch, latent, channels);
      }
    }
  }
  check_project<float>(150, 10, 20);  // more samples than are summed at once
  check_project<float>(3, 300, 70);   // deeper than a block of the reduction
}

TEST_P(Conv4x4Ends, ScoreEqualsTheDefinition) {
  for (int64_t batch : {1, 3, 64}) {
    for (int64_t channels : {1, 2, 5, 16, 33, 64, 300}) {
      for (bool fused : {false, true}) {
        check_score<float>(batch, channels, fused);
        check_score<double>(batch, channels, fused);
      }
    }
  }
}

DCGAN_EVERY_TARGET(Conv4x4Ends);

}  // namespace
}  // namespace dcgan::kernels::testing
