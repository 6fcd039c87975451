#pragma once

#include <memory>

#include "data/dataset.h"

namespace dcgan {

/// SourceInfo::kind of the embedded digits.
inline constexpr const char* kEmbeddedDigits = "embedded digits";

/// The embedded digits: 5,000 real MNIST digits, padded from 28x28 to 32x32 and, for another
/// `image_size`, resized with antialiasing; `channels` as to_training_images().
std::unique_ptr<Dataset> open_digits(int64_t image_size, int64_t channels);

}  // namespace dcgan
