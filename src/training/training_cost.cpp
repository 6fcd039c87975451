#include "training/training_cost.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/memory.h"
#include "common/text.h"
#include "models/discriminator.h"
#include "models/generator.h"
#include "training/run_setup.h"

namespace dcgan {
namespace {

// What a network's stages need; `size` is the side of its input.
struct NetworkCost {
  int64_t parameters = 0;
  double flops = 0;
  double first_flops = 0;
  int64_t elements = 0;  // of all outputs, of one image
};

NetworkCost add_layers(const std::string& network, const std::vector<StageOptions>& stages,
                       int64_t size, std::vector<LayerCost>& layers) {
  NetworkCost total;
  int64_t index = 0;
  for (const StageOptions& stage : stages) {
    const int64_t input = size;
    size = stage.transposed ? (size - 1) * stage.stride - 2 * stage.padding + stage.kernel
                            : (size + 2 * stage.padding - stage.kernel) / stage.stride + 1;
    const bool normalizes = stage.normalized && normalizes_features(stage.normalization);
    LayerCost layer;
    layer.network = network;
    layer.name = fmt::format("main.{}", index);
    layer.description = fmt::format(
        "{} {} to {}{}{}{}", stage.transposed ? "transposed convolution" : "convolution",
        stage.in_channels, stage.out_channels,
        stage.normalized ? fmt::format(", {} norm", to_string(stage.normalization)) : "",
        stage.nonlinearity == Nonlinearity::kNone ? "" : ", ", title_of(stage.nonlinearity));
    layer.channels = stage.out_channels;
    layer.size = size;
    const int64_t taps = stage.kernel * stage.kernel * stage.in_channels * stage.out_channels;
    layer.parameters = taps + (normalizes ? 2 * stage.out_channels : 0) +
                       (stage.has_bias() ? stage.out_channels : 0);
    const int64_t places = stage.transposed ? input * input : size * size;
    layer.flops = 2.0 * static_cast<double>(taps * places);
    if (index == 0) total.first_flops = layer.flops;
    total.parameters += layer.parameters;
    total.flops += layer.flops;
    total.elements += stage.out_channels * size * size;
    layers.push_back(layer);
    index += stage.layers();
  }
  return total;
}

}  // namespace

TrainingCost training_cost(const TrainOptions& options) {
  TrainingCost cost;
  const NetworkCost g =
      add_layers("generator", stages_of(generator_options(options)), 1, cost.layers);
  const NetworkCost d = add_layers("discriminator", stages_of(discriminator_options(options)),
                                   options.image_size, cost.layers);
  cost.parameters_g = g.parameters;
  cost.parameters_d = d.parameters;
  // The discriminator learns from real and generated images, without a gradient towards them; the
  // generator's gradient passes through it, without one for its weights.
  cost.step_flops = static_cast<double>(options.batch_size) *
                    (2 * (3 * d.flops - d.first_flops) + 2 * d.flops + 3 * g.flops - g.first_flops);
  constexpr uint64_t kFloatBytes = 4;
  // Value, gradient, two moments; and all but the gradient again in the copy that a checkpoint is
  // written from.
  constexpr uint64_t kCopiesOfWeights = 7;
  cost.fixed_bytes =
      static_cast<uint64_t>(g.parameters + d.parameters) * kFloatBytes * kCopiesOfWeights;
  constexpr uint64_t kCopiesOfAverage = 2;  // itself, and in that copy
  if (options.ema > 0) {
    cost.fixed_bytes += static_cast<uint64_t>(g.parameters) * kFloatBytes * kCopiesOfAverage;
  }
  // Each stage keeps its convolution's output and, beside it, gradient or activation.
  constexpr uint64_t kCopiesOfOutputs = 2;
  const int64_t image = options.channels * options.image_size * options.image_size;
  cost.bytes_per_image =
      static_cast<uint64_t>(2 * (d.elements + image) + g.elements) * kFloatBytes * kCopiesOfOutputs;
  return cost;
}

void check_memory(const TrainingCost& cost, const TrainOptions& options) {
  const uint64_t available = available_memory();
  const uint64_t needed = cost.bytes(options.batch_size);
  if (needed <= available) return;
  const uint64_t fitting =
      available > cost.fixed_bytes ? (available - cost.fixed_bytes) / cost.bytes_per_image : 0;
  throw UsageError(fmt::format("not enough memory: training needs about {}, {} are free; {}",
                               format_bytes(needed), format_bytes(available),
                               fitting > 0
                                   ? fmt::format("--batch-size {} would fit", fitting)
                                   : std::string("take a smaller --ngf, --ndf or --image-size")));
}

}  // namespace dcgan
