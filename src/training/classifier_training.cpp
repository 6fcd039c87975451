#include "training/classifier_training.h"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <numbers>

#include "models/random.h"
#include "training/adam.h"

namespace dcgan {
namespace {

// Every image moved by its own offset of up to `most` pixels, the border repeated.
torch::Tensor shifted(const torch::Tensor& images, int64_t most, const RandomStream& random) {
  if (most == 0) return images;
  const int64_t sides = 2 * most + 1;
  const torch::Tensor padded = at::replication_pad2d(images, {most, most, most, most});
  const int64_t n = images.size(0);
  // A permutation of n times all offsets: each offset as often as any other.
  const torch::Tensor draw =
      random.permutation(n * sides * sides).narrow(0, 0, n).remainder(sides * sides);
  std::vector<torch::Tensor> moved;
  moved.reserve(static_cast<size_t>(n));
  const auto offsets = draw.accessor<int64_t, 1>();
  for (int64_t i = 0; i < n; ++i) {
    moved.push_back(padded[i]
                        .narrow(1, offsets[i] / sides, images.size(2))
                        .narrow(2, offsets[i] % sides, images.size(3)));
  }
  return torch::stack(moved);
}

}  // namespace

void train_classifier(Classifier& classifier, const torch::Tensor& images,
                      const torch::Tensor& labels, const ClassifierTraining& options) {
  const torch::AutoGradMode with_graph(true);
  classifier->train();
  Adam adam(classifier->named_parameters(), {.lr = options.lr, .beta1 = 0.9});
  const int64_t n = images.size(0);
  const int64_t batches = n / options.batch_size;
  for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    const auto index = static_cast<uint64_t>(epoch);
    const torch::Tensor order =
        RandomStream(options.seed, "classifier order").substream(index).permutation(n);
    for (int64_t batch = 0; batch < batches; ++batch) {
      const double done = static_cast<double>(epoch * batches + batch) /
                          static_cast<double>(options.epochs * batches);
      adam.options.lr = options.lr * 0.5 * (1 + std::cos(std::numbers::pi * done));
      const torch::Tensor chosen = order.narrow(0, batch * options.batch_size, options.batch_size);
      const torch::Tensor x =
          shifted(images.index_select(0, chosen), options.shift,
                  RandomStream(options.seed, "classifier shifts")
                      .substream(index * 1'000'003 + static_cast<uint64_t>(batch)));
      const torch::Tensor loss = torch::nll_loss(
          torch::log_softmax(classifier->forward(x).logits, 1), labels.index_select(0, chosen));
      const auto gradients = torch::autograd::grad({loss}, adam.parameters());
      const torch::NoGradGuard no_grad;
      for (size_t i = 0; i < gradients.size(); ++i) adam.gradients()[i].copy_(gradients[i]);
      adam.step();
    }
  }
  classifier->eval();
}

double classifier_accuracy(Classifier& classifier, const torch::Tensor& images,
                           const torch::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  const bool was_training = classifier->is_training();
  classifier->eval();
  const torch::Tensor right = classifier->forward(images).logits.argmax(1) == labels;
  classifier->train(was_training);
  return right.to(torch::kFloat64).mean().item<double>();
}

}  // namespace dcgan
