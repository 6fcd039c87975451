#include "models/random.h"

#include <ATen/core/PhiloxRNGEngine.h>
#include <torch/types.h>

#include <cmath>
#include <numbers>

namespace dcgan {
namespace {

// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): neighbouring seeds get unrelated keys.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// FNV-1a.
uint64_t hash(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return h;
}

uint64_t next64(at::Philox4_32& engine) {
  const uint64_t high = engine();
  return high << 32 | engine();
}

// Uniform in (0, 1], with 53 random bits.
double uniform(at::Philox4_32& engine) {
  return static_cast<double>((next64(engine) >> 11) + 1) * 0x1.0p-53;
}

template <typename T>
void fill(T* values, int64_t n, double mean, double std, uint64_t key) {
  at::Philox4_32 engine(key);
  for (int64_t i = 0; i < n; i += 2) {
    const double radius = std * std::sqrt(-2.0 * std::log(uniform(engine)));
    const double angle = 2.0 * std::numbers::pi * uniform(engine);
    values[i] = static_cast<T>(mean + radius * std::cos(angle));
    if (i + 1 < n) {
      values[i + 1] = static_cast<T>(mean + radius * std::sin(angle));
    }
  }
}

}  // namespace

RandomStream::RandomStream(uint64_t seed, std::string_view stream)
    : key_(mix(mix(seed) ^ hash(stream))) {}

RandomStream RandomStream::substream(uint64_t index) const {
  return RandomStream(mix(key_ ^ mix(index)));
}

void RandomStream::fill_normal(at::Tensor& tensor, double mean, double std) const {
  TORCH_INTERNAL_ASSERT(tensor.is_contiguous() && tensor.is_cpu());
  if (tensor.scalar_type() == at::kDouble) {
    fill(tensor.data_ptr<double>(), tensor.numel(), mean, std, key_);
  } else {
    fill(tensor.data_ptr<float>(), tensor.numel(), mean, std, key_);
  }
}

at::Tensor RandomStream::permutation(int64_t n) const {
  at::Tensor order = torch::arange(n, torch::kInt64);
  auto* values = order.data_ptr<int64_t>();
  at::Philox4_32 engine(key_);
  for (int64_t i = n - 1; i > 0; --i) {
    // Multiply-shift maps 64 random bits onto 0..i; its bias is below n / 2^64.
    const auto wide = static_cast<unsigned __int128>(next64(engine)) * static_cast<uint64_t>(i + 1);
    std::swap(values[i], values[static_cast<int64_t>(wide >> 64)]);
  }
  return order;
}

}  // namespace dcgan
