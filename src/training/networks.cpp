#include "training/networks.h"

#include "models/random.h"

namespace dcgan {

Networks::Networks(Generator generator_, Discriminator discriminator_, const AdamOptions& adam_g,
                   const AdamOptions& adam_d)
    : generator(std::move(generator_)),
      discriminator(std::move(discriminator_)),
      optimizer_g(generator->named_parameters(), adam_g),
      optimizer_d(discriminator->named_parameters(), adam_d),
      pass_g(generator->main),
      pass_d(discriminator->main, pass_g.gradient_memory()) {}

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
  return {generator, discriminator, adam_g, adam_d};
}

}  // namespace dcgan
