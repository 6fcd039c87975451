#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "models/generator.h"

namespace dcgan {

/// Which statistics the generator's batch norms use when it draws.
enum class SamplingStatistics {
  kRunning,   // the averages kept in training
  kBatch,     // those of the images drawn together, which then depend on each other
  kStanding,  // averages taken anew over many batches of the trained generator
};

/// "running", "batch" or "standing". Throws UsageError naming `option`.
SamplingStatistics parse_sampling_statistics(const std::string& name, const std::string& option);

/// Replaces the running statistics of every batch norm by the plain average over `batches` batches
/// of `batch_size` latents, the same ones at every call and none that an image is drawn from (the
/// "standing statistics" of Brock et al. 2019, appendix). The running ones lag behind the weights,
/// which were still moving when they were averaged. Leaves the generator in evaluation mode.
/// Changes nothing where the norm keeps no statistics: a pass in training mode would move a
/// spectral norm's vectors.
void set_standing_statistics(Generator& generator, int64_t batches, int64_t batch_size);

/// Images uint8 [N, H, W, C] in batches of `batch_size`, each normalised with its own statistics;
/// the last batch may be smaller. Changes no buffer of the generator. As sample_images() where the
/// norm keeps no statistics.
at::Tensor sample_with_batch_statistics(const Generator& generator, const at::Tensor& latents,
                                        int64_t batch_size);

}  // namespace dcgan
