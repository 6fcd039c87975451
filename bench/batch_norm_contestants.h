// The contestants of bench_batch_norm: the same batch norm with LeakyReLU, forward and backward,
// done in several ways.
#pragma once

#include <torch/types.h>

#include <array>
#include <vector>

#include "models/batch_norm.h"
#include "models/kernels/batch_norm.h"

namespace dcgan::bench {

/// Input, gradient and parameters of one shape and layout.
struct Problem {
  /// `sizes` [N, C, H, W], float.
  Problem(const std::vector<int64_t>& sizes, at::MemoryFormat format);

  BatchNorm2d norm;
  torch::Tensor x, leaf, dy, y, dx;  // `leaf` is x with a gradient; y and dx are for the kernels
  torch::Tensor weight, bias;        // of LibTorch's contestants and the kernels: the module's
  torch::Tensor running_mean, running_var;
  torch::Tensor statistics;  // double [5, C]: mean, variance, inv_std, sum_dy, sum_dy_xhat
  kernels::BatchNormShape shape;
};

/// Undefined tensors where nothing is computed.
struct Result {
  torch::Tensor y, dx;
};

/// dcgan::BatchNorm2d::forward_fused and torch::autograd::grad of x, weight and bias. Allocates y
/// and dx, as training does.
Result run_module(Problem& problem);
/// The kernels' training passes, into tensors that exist.
Result run_kernels(Problem& problem);
/// native_batch_norm, leaky_relu and their backward operators, without autograd.
Result run_libtorch(Problem& problem);
/// batch_norm and leaky_relu under autograd: what `run_module` replaces for a user of LibTorch.
Result run_autograd(Problem& problem);
/// The bytes alone, into tensors that exist: forward one read, one read and one write of a tensor
/// (1.5 copies); backward two reads for the sums, two reads and one write (2.5 copies).
Result run_copy(Problem& problem);

struct Contestant {
  const char* name;
  Result (*run)(Problem&);
};

inline constexpr std::array<Contestant, 5> kContestants{{{"module", run_module},
                                                         {"kernels", run_kernels},
                                                         {"LibTorch", run_libtorch},
                                                         {"autograd", run_autograd},
                                                         {"copy", run_copy}}};

}  // namespace dcgan::bench
