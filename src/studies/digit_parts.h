#pragma once

#include <torch/types.h>

#include <cstdint>

#include "data/standardization.h"

namespace dcgan {

/// Images [N, size^2] and labels int64 [N].
struct DigitPart {
  torch::Tensor images;
  torch::Tensor labels;
};

/// The first `most` of a part, or all.
DigitPart first_images(const DigitPart& part, int64_t most);

/// The embedded digits in three parts: 1,000 that are always the same judge; of the other 4,000,
/// shuffled by the seed, 500 tune and the first of the remaining 3,500 train. What is chosen on the
/// second part never saw the first.
struct DigitParts {
  DigitPart training;
  DigitPart validation;
  DigitPart test;
};

/// Pixels in [0, 1], standardised as fitted on the training part alone. `training_images` from 2 to
/// 3,500.
DigitParts digit_parts(int64_t image_size, uint64_t seed, int64_t training_images,
                       StandardizationKind kind);

}  // namespace dcgan
