#include "models/fold_batch_norm.h"

namespace dcgan {

Generator fold_batch_norm(const Generator& generator) {
  TORCH_CHECK_VALUE(generator->options.normalization() == Normalization::kBatch,
                    "only batch norm can be folded into a convolution, this is ",
                    to_string(generator->options.normalization()));
  TORCH_CHECK_VALUE(generator->options.batch_norm().track_running_stats(),
                    "batch norm without running statistics cannot be folded into a convolution");
  const torch::NoGradGuard no_grad;
  GeneratorOptions options = generator->options;
  Generator folded(options.normalization(Normalization::kNone));
  const torch::Tensor any = generator->parameters().front();
  folded->to(any.device(), any.scalar_type());
  const auto source = generator->main->stages();
  auto target = folded->main->stages();
  for (size_t i = 0; i < source.size(); ++i) {
    torch::Tensor weight = source[i].weight();
    if (const auto norm = source[i].batch_norm()) {
      // In double, so that the only rounding is that of the result.
      const BatchNormStatistics statistics = norm->running_statistics();
      const torch::Tensor inv_std = torch::rsqrt(statistics.variance[0] + norm->options.eps());
      const torch::Tensor scale =
          norm->weight.defined() ? norm->weight.to(torch::kFloat64) * inv_std : inv_std;
      torch::Tensor shift = -statistics.mean[0] * scale;
      if (norm->bias.defined()) shift += norm->bias.to(torch::kFloat64);
      // A transposed convolution's output channels are its weight's second dimension.
      weight = weight.to(torch::kFloat64) * scale.view({1, -1, 1, 1});
      target[i].bias().copy_(shift);
    }
    target[i].weight().copy_(weight);
  }
  folded->eval();
  return folded;
}

}  // namespace dcgan
