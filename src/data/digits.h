#pragma once

#include <memory>

#include "data/dataset.h"

namespace dcgan {

/// The embedded digits: 5,000 real MNIST digits, padded from 28x28 to 32x32 and, for another
/// `image_size`, resized with antialiasing; `channels` 1, or 3 for grey as RGB.
std::unique_ptr<Dataset> open_digits(int64_t image_size, int64_t channels);

}  // namespace dcgan
