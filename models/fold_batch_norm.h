#pragma once

#include "models/generator.h"

namespace dcgan {

/// A generator without norms that computes what `generator` computes in evaluation mode: each batch
/// norm's running statistics, gamma and beta folded into the convolution before it,
///
///     weight' = weight * gamma / sqrt(running_var + eps)
///     bias'   = beta - running_mean * gamma / sqrt(running_var + eps)
///
/// For sampling and export; equal within rounding. Throws c10::ValueError if its norm is not
/// batch or keeps no running statistics.
Generator fold_batch_norm(const Generator& generator);

}  // namespace dcgan
