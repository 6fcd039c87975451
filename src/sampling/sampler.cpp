#include "sampling/sampler.h"

#include <torch/types.h>

#include "report/pixels.h"

namespace dcgan {
namespace {

constexpr int64_t kBatch = 16;

class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& module)
      : module_(module), was_training_(module.is_training()) {
    module_.eval();
  }
  ~EvaluationMode() { module_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  torch::nn::Module& module_;
  bool was_training_;
};

}  // namespace

at::Tensor sample_images(Generator& generator, const at::Tensor& latents) {
  const torch::NoGradGuard no_grad;
  const EvaluationMode evaluation(*generator);
  const torch::Device device = generator->parameters().front().device();
  std::vector<at::Tensor> pieces;
  for (int64_t begin = 0; begin < latents.size(0); begin += kBatch) {
    const int64_t count = std::min(kBatch, latents.size(0) - begin);
    const at::Tensor batch =
        torch::constant_pad_nd(latents.narrow(0, begin, count), {0, 0, 0, kBatch - count});
    pieces.push_back(to_pixels(generator->forward(batch.to(device))).narrow(0, 0, count));
  }
  return torch::cat(pieces);
}

}  // namespace dcgan
