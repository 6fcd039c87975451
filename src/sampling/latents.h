#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace dcgan {

/// The latents that belong to `seeds`, float [N, nz] from N(0, 1). Row i depends on seeds[i] alone,
/// so a seed names one image of a generator, whatever is generated beside it.
at::Tensor latents_of_seeds(const std::vector<uint64_t>& seeds, int64_t nz);

/// The latents of training step `step` (counted from 1): float [count, nz], a function of its
/// arguments alone.
at::Tensor training_latents(uint64_t seed, int64_t step, int64_t count, int64_t nz);

/// first, first + 1, ..., `count` of them.
std::vector<uint64_t> seed_range(uint64_t first, int64_t count);

}  // namespace dcgan
