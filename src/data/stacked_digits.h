#pragma once

#include <memory>

#include "data/dataset.h"

namespace dcgan {

/// SourceInfo::kind of the stacked digits.
inline constexpr const char* kStackedDigits = "three embedded digits as colour channels";

/// Three embedded digits as the colour channels of one image: 1,000 classes, the set on which modes
/// are counted ("stacked MNIST", Metz et al. 2017; 128,000 images as in Srivastava et al. 2017).
/// The triples are a fixed function of the index. `image_size` as for the digits.
std::unique_ptr<Dataset> open_stacked_digits(int64_t image_size);

}  // namespace dcgan
