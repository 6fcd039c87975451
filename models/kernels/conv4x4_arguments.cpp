#include "models/kernels/conv4x4_arguments.h"

#include <stdexcept>
#include <string>

#include "models/kernels/scratch.h"

namespace dcgan::kernels {

void check_positive(const char* function, const char* name, int64_t value) {
  if (value >= 1) return;
  throw std::invalid_argument(std::string(function) + ": " + name + " is " + std::to_string(value) +
                              ", must be at least 1");
}

void check_shape(const char* function, const ConvShape& shape) {
  check_positive(function, "batch", shape.batch);
  check_positive(function, "height", shape.height);
  check_positive(function, "width", shape.width);
  check_positive(function, "in_channels", shape.in_channels);
  check_positive(function, "out_channels", shape.out_channels);
  if (shape.height % 2 != 0 || shape.width % 2 != 0) {
    throw std::invalid_argument(std::string(function) + ": the map is " +
                                std::to_string(shape.height) + "x" + std::to_string(shape.width) +
                                ", both must be even");
  }
}

template <typename T>
Epilogue<T> pad_bias(const Epilogue<T>& epilogue, int64_t channels) {
  const int64_t padded = padded_columns(channels);
  T* bias = scratch<T>(Scratch::kBias, static_cast<size_t>(padded));
  for (int64_t c = 0; c < padded; ++c) {
    bias[c] = epilogue.bias != nullptr && c < channels ? epilogue.bias[c] : T(0);
  }
  return {bias, epilogue.slope};
}

template Epilogue<float> pad_bias(const Epilogue<float>&, int64_t);
template Epilogue<double> pad_bias(const Epilogue<double>&, int64_t);

}  // namespace dcgan::kernels
