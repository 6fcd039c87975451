#pragma once

#include <torch/types.h>

#include <utility>
#include <vector>

#include "models/generator.h"

namespace dcgan {

/// An exponential moving average (EMA) of a generator's weights (Yazici et al. 2019, "The unusual
/// effectiveness of averaging in GAN training"), with the running statistics that belong to them:
///
///   average <- d average + (1 - d) generator,  d = min(decay, (1 + t) / (10 + t))
///
/// after update t, so that it follows quickly while the generator still changes fast. Update 0 is a
/// copy: nothing of the initial weights and statistics stays. Running mean and variance are
/// averaged as the weights are, counts are copied.
class GeneratorAverage {
 public:
  /// Of `generator`, whose tensors are held on to: they must stay the same ones (Adam has moved
  /// them into its flat memory before). `decay` in (0, 1).
  GeneratorAverage(const Generator& generator, double decay);

  void update();

  /// The averaged network, in evaluation mode.
  Generator& generator() { return average_; }
  const Generator& generator() const { return average_; }

  /// Updates made so far.
  int64_t updates() const { return updates_; }
  void set_updates(int64_t updates) { updates_ = updates; }

 private:
  Generator average_;
  double decay_;
  int64_t updates_ = 0;
  // Of the average and of the generator, in the same order.
  std::vector<torch::Tensor> averaged_;
  std::vector<torch::Tensor> followed_;
  std::vector<std::pair<torch::Tensor, torch::Tensor>> counts_;
};

}  // namespace dcgan
