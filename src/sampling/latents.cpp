#include "sampling/latents.h"

#include <torch/types.h>

#include <numeric>

#include "models/random.h"

namespace dcgan {
at::Tensor latents_of_seeds(const std::vector<uint64_t>& seeds, int64_t nz) {
  at::Tensor latents = torch::empty({static_cast<int64_t>(seeds.size()), nz});
  for (size_t i = 0; i < seeds.size(); ++i) {
    at::Tensor row = latents[static_cast<int64_t>(i)];
    RandomStream(seeds[i], "latent").fill_normal(row, 0, 1);
  }
  return latents;
}

at::Tensor training_latents(uint64_t seed, int64_t step, int64_t count, int64_t nz) {
  at::Tensor latents = torch::empty({count, nz});
  RandomStream(seed, "training latents")
      .substream(static_cast<uint64_t>(step))
      .fill_normal(latents, 0, 1);
  return latents;
}

std::vector<uint64_t> seed_range(uint64_t first, int64_t count) {
  std::vector<uint64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

}  // namespace dcgan
