#pragma once

#include "evaluation/compared_set.h"

namespace dcgan {

/// A discriminator's mean loss on real images, log(1 + exp(-D)), at most 10,000 of each set: much
/// higher on images held out from its training than on those of it, it knows the latter by heart.
struct DiscriminatorGap {
  double real = 0;
  double held_out = 0;
};

/// `checkpoint`: a set with one. Both sources of its image size and channels. Throws
/// CheckpointError.
DiscriminatorGap discriminator_gap(const ComparedSet& checkpoint, const ImageSource& real,
                                   const ImageSource& held_out);

}  // namespace dcgan
