#include "training/run_pictures.h"

#include <algorithm>

#include "metrics/diversity.h"
#include "models/random.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"

namespace dcgan {

double write_sample_grid(Networks& networks, const TrainOptions& options, const RunDirectory& run,
                         int64_t step) {
  constexpr uint64_t kFirstSeed = 0;
  const at::Tensor latents = latents_of_seeds(seed_range(kFirstSeed, kGridImages), options.nz);
  const at::Tensor images = sample_images(networks.shown(), latents);
  write_image(run.sample(step), make_grid(images));
  return sample_standard_deviation(images);
}

at::Tensor some_reals(const Dataset& dataset, int64_t count) {
  return dataset.images(RandomStream(0, "reals")
                            .permutation(dataset.size())
                            .narrow(0, 0, std::min(count, dataset.size())));
}

double real_deviation(const Dataset& dataset) {
  constexpr int64_t kEnough = 1000;
  return sample_standard_deviation(some_reals(dataset, kEnough));
}

}  // namespace dcgan
