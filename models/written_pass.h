#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/growing_memory.h"
#include "models/stage.h"

namespace dcgan {

/// Memory for gradients at activations, which live from one stage of a backward to the next: two
/// halves, used in turn. The networks of a training step can share one, because their backwards
/// follow each other.
class GradientMemory {
 public:
  /// Half 0 or 1 as at least `count` elements; its old content is lost where it has to grow.
  template <typename T>
  T* at_least(int half, int64_t count) {
    const int64_t bytes = count * static_cast<int64_t>(sizeof(T));
    return reinterpret_cast<T*>(halves_[static_cast<size_t>(half)].at_least(bytes));
  }
  /// The first half that does not hold what `pointer` points to.
  int half_without(const void* pointer) const { return halves_[0].holds(pointer) ? 1 : 0; }

 private:
  std::array<GrowingMemory<uint8_t>, 2> halves_;
};

/// A training pass through a StageSequence with its backward written out: the same kernels in the
/// same order as autograd's graph would call, equal to the bit, but without a graph, and in memory
/// that is kept from pass to pass.
///
/// The network is a straight line of stages, so the backward is a loop over them from the last to
/// the first.
class WrittenPass {
 public:
  virtual ~WrittenPass() = default;

  /// Whether every stage of the network can be computed for such an input [N, C, H, W]: float or
  /// double on the CPU, shapes that the kernels know, training mode, and no norm or batch norm of
  /// the plain kind. No probe.
  static bool supports(const StageSequence& network, const torch::Tensor& input);

  /// For a network of parameters of this type.
  static std::unique_ptr<WrittenPass> create(StageSequence network, torch::ScalarType type,
                                             std::shared_ptr<GradientMemory> gradients);

  /// Forward in training mode; running statistics move as in the module's forward. `input`
  /// [N, C, H, W], channels_last, is kept for the backward. The result, channels_last as well, is
  /// written to `output` if that is defined; it is valid until the next forward.
  virtual torch::Tensor forward(const torch::Tensor& input, int64_t groups,
                                const torch::Tensor& output) = 0;

  /// Sets `gradients`, one for each of the network's parameters in their order, contiguous, from
  /// the gradient at the output of the last forward.
  virtual void backward_to_parameters(const torch::Tensor& grad_output,
                                      const std::vector<torch::Tensor>& gradients) = 0;

  /// The gradient at the input, channels_last; the parameters' are not computed. Lies in the
  /// gradient memory: valid until the next backward that uses it, which may be given it.
  virtual torch::Tensor backward_to_input(const torch::Tensor& grad_output) = 0;
};

}  // namespace dcgan
