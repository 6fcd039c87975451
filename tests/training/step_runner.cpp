// Trains from given weights on given batches and writes what came out, for comparison with another
// implementation: step_runner IN.safetensors OUT.safetensors THREADS
//
// IN holds "generator.*" and "discriminator.*" (parameters and buffers; their type is the one
// computed in), "real" [steps, B, C, H, W], "latents" [steps, B, nz], and the metadata lr and
// beta1. OUT holds the networks' tensors and "losses" [steps, 2].
#include <ATen/Parallel.h>

#include <cstdio>

#include "interchange/load_module.h"
#include "interchange/safetensors.h"
#include "training/step.h"

namespace dcgan {
namespace {

void run(const char* in, const char* out, int threads) {
  at::set_num_threads(threads);
  const TensorFile file = read_safetensors(in);
  const torch::Tensor real = file.tensors.at("real");
  const torch::Tensor latents = file.tensors.at("latents");
  const torch::Tensor last_of_g = file.tensors.at("generator.main.0.weight");
  const torch::Tensor first_of_d = file.tensors.at("discriminator.main.0.weight");
  const bool norm = file.tensors.contains("generator.main.1.weight");
  const auto normalization = norm ? Normalization::kBatch : Normalization::kNone;
  Generator generator(GeneratorOptions()
                          .image_size(real.size(3))
                          .channels(real.size(2))
                          .nz(latents.size(2))
                          .ngf(last_of_g.size(1) * 8 / real.size(3))
                          .normalization(normalization));
  Discriminator discriminator(DiscriminatorOptions()
                                  .image_size(real.size(3))
                                  .channels(real.size(2))
                                  .ndf(first_of_d.size(0))
                                  .normalization(normalization));
  generator->to(real.scalar_type());
  discriminator->to(real.scalar_type());
  load_module(*generator, file, "generator.", in);
  load_module(*discriminator, file, "discriminator.", in);
  const AdamOptions adam{.lr = std::stod(file.metadata.at("lr")),
                         .beta1 = std::stod(file.metadata.at("beta1"))};
  Networks networks(generator, discriminator, adam, adam);
  torch::Tensor losses = torch::empty({real.size(0), 2}, torch::kFloat64);
  for (int64_t step = 0; step < real.size(0); ++step) {
    const StepResult result = train_step(networks, real[step], latents[step], false);
    losses[step][0] = result.loss_d.item<double>();
    losses[step][1] = result.loss_g.item<double>();
  }
  TensorFile result;
  store_module(*generator, "generator.", result);
  store_module(*discriminator, "discriminator.", result);
  result.tensors["losses"] = losses;
  for (const auto& [prefix, adam_of] :
       {std::pair("exp_avg.generator.", &networks.optimizer_g),
        std::pair("exp_avg.discriminator.", &networks.optimizer_d)}) {
    for (size_t i = 0; i < adam_of->names().size(); ++i) {
      result.tensors[prefix + adam_of->names()[i]] = adam_of->first_moments()[i].contiguous();
    }
  }
  write_safetensors(out, result);
}

}  // namespace
}  // namespace dcgan

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "step_runner IN.safetensors OUT.safetensors THREADS\n");
    return 2;
  }
  dcgan::run(argv[1], argv[2], std::stoi(argv[3]));
  return 0;
}
