#include "training/networks.h"

#include "models/random.h"

namespace dcgan {

Networks make_networks(const GeneratorOptions& generator_options,
                       const DiscriminatorOptions& discriminator_options,
                       const Initialization& initialization, uint64_t seed,
                       const AdamOptions& adam_g, const AdamOptions& adam_d,
                       const torch::Device& device) {
  Generator generator(generator_options);
  Discriminator discriminator(discriminator_options);
  initialize(*generator, initialization, RandomStream(seed, "generator").key());
  initialize(*discriminator, initialization, RandomStream(seed, "discriminator").key());
  generator->to(device);
  discriminator->to(device);
  generator->train();
  discriminator->train();
  Adam optimizer_g(generator->named_parameters(), adam_g);
  Adam optimizer_d(discriminator->named_parameters(), adam_d);
  return {generator, discriminator, std::move(optimizer_g), std::move(optimizer_d)};
}

}  // namespace dcgan
