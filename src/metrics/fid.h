#pragma once

#include "metrics/moments.h"

namespace dcgan {

/// Frechet distance of the Gaussians with these moments (Heusel et al. 2017, equation 6):
///     |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))
/// The last trace is the sum of the square roots of the eigenvalues of the symmetric matrix
/// C1^(1/2) C2 C1^(1/2), which are real and not negative: singular covariances (fewer samples than
/// dimensions, a collapsed generator) are as good as any. Never below 0, never NaN for finite
/// moments.
double frechet_distance(const FeatureMoments& a, const FeatureMoments& b);

}  // namespace dcgan
