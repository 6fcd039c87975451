#include "training/generator_average.h"

#include <algorithm>

namespace dcgan {
namespace {

Generator clone_of(const Generator& generator) {
  return Generator(std::dynamic_pointer_cast<GeneratorImpl>(generator->clone()));
}

}  // namespace

GeneratorAverage::GeneratorAverage(const Generator& generator, double decay)
    : average_(clone_of(generator)), decay_(decay) {
  average_->eval();
  const auto pair_up = [&](const torch::Tensor& average, const torch::Tensor& followed) {
    if (average.is_floating_point()) {
      averaged_.push_back(average);
      followed_.push_back(followed);
    } else {
      counts_.emplace_back(average, followed);
    }
  };
  const auto parameters = average_->parameters();
  const auto buffers = average_->buffers();
  for (size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].set_requires_grad(false);
    pair_up(parameters[i], generator->parameters()[i]);
  }
  for (size_t i = 0; i < buffers.size(); ++i) pair_up(buffers[i], generator->buffers()[i]);
}

void GeneratorAverage::update() {
  const torch::NoGradGuard no_grad;
  const auto t = static_cast<double>(updates_);
  const double decay = updates_ == 0 ? 0.0 : std::min(decay_, (1 + t) / (10 + t));
  at::_foreach_lerp_(averaged_, followed_, 1 - decay);
  for (auto& [average, followed] : counts_) average.copy_(followed);
  ++updates_;
}

}  // namespace dcgan
