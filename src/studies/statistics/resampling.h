#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace dcgan::statistics {

/// Draws with replacement that are the same on every platform: the engine is standardised, the
/// library's distributions are not.
class Resampler {
 public:
  explicit Resampler(uint64_t seed) : engine_(seed) {}

  /// Uniform in [0, n). The bias of the remainder is below n / 2^64.
  size_t index(size_t n) { return static_cast<size_t>(engine_() % n); }

  std::vector<double> resample(const std::vector<double>& values) {
    std::vector<double> drawn(values.size());
    for (double& value : drawn) value = values[index(values.size())];
    return drawn;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace dcgan::statistics
