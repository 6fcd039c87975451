#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "models/stage.h"
#include "models/written_pass.h"

namespace dcgan {

/// One network's forward and backward in a training step: written out where the kernels can
/// (WrittenPass), through autograd's graph everywhere else. Both give the same bits on the CPU, so
/// it is chosen anew for every forward: a probe may come and go.
class NetworkPass {
 public:
  /// `gradients` may be shared with the passes of other networks (see GradientMemory).
  explicit NetworkPass(StageSequence network, std::shared_ptr<GradientMemory> gradients =
                                                  std::make_shared<GradientMemory>());

  /// What the backward will be asked for.
  enum class Wants { kParameters, kInput };

  /// `input` [N, C, H, W] in training mode, its batch cut into `groups` (see Activation). The
  /// result is valid until the next forward. If `output` is defined (channels_last, of the right
  /// sizes) the result is written there. One backward may follow, of the kind that is wanted. Sets
  /// and leaves the parameters' requires_grad where autograd does the work.
  torch::Tensor forward(const torch::Tensor& input, Wants wants, int64_t groups = 1,
                        const torch::Tensor& output = {});

  /// Sets `gradients`, contiguous, one for each parameter of the network in their order, from the
  /// gradient at the last forward's result.
  void backward_to_parameters(const torch::Tensor& grad_output,
                              const std::vector<torch::Tensor>& gradients);

  /// The gradient at the last forward's input; those of the parameters are not computed.
  torch::Tensor backward_to_input(const torch::Tensor& grad_output);

  /// Convolutions in bfloat16 from now on (see AutocastGuard), through autograd.
  void set_autocast(bool enabled) { autocast_ = enabled; }

  const std::shared_ptr<GradientMemory>& gradient_memory() const { return gradients_; }

  /// Only autograd's graph from now on (for comparisons).
  void forbid_written() { written_allowed_ = false; }

 private:
  StageSequence network_;
  std::vector<torch::Tensor> parameters_;
  std::shared_ptr<GradientMemory> gradients_;
  bool written_allowed_ = true;
  bool autocast_ = false;
  std::unique_ptr<WrittenPass> written_;
  torch::ScalarType written_type_ = torch::kFloat;
  bool last_was_written_ = false;
  // Of autograd's last forward
  torch::Tensor input_;
  torch::Tensor output_;
};

}  // namespace dcgan
