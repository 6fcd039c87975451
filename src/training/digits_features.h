#pragma once

#include <filesystem>

namespace dcgan {

/// Trains the classifier whose features distances on the digits are measured in and writes it to
/// `path` (safetensors). It learns from 4,000 of the 5,000 embedded digits; the others, drawn by a
/// fixed seed, are held out. Returns its accuracy on those.
double train_digits_features(const std::filesystem::path& path);

}  // namespace dcgan
