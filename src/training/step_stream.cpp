#include "training/step_stream.h"

#include "sampling/latents.h"
#include "training/divergence.h"

namespace dcgan {

StepStream::StepStream(const Dataset& dataset, const TrainOptions& options,
                       const torch::Device& device)
    : dataset_(dataset),
      options_(options),
      device_(device),
      schedule_(parse_schedule(options.lr_schedule)) {}

void StepStream::start(const Progressed& progressed) {
  seed_ = data_seed(options_.seed, progressed.rollbacks);
  loader_.emplace(dataset_,
                  LoaderOptions{.batch_size = options_.batch_size,
                                .seed = seed_,
                                .flip = options_.flip,
                                .first_image = progressed.images_seen},
                  device_);
}

StepStream::Input StepStream::next(int64_t done) {
  torch::Tensor real = to_network_range(loader_->next());
  torch::Tensor latents =
      training_latents(seed_, done + 1, options_.batch_size, options_.nz).to(device_);
  return {std::move(real), std::move(latents), schedule_factor(schedule_, done, options_.steps)};
}

}  // namespace dcgan
