#include "models/nonlinearity.h"

#include "models/vector_math.h"

namespace dcgan {

Nonlinearity parse_nonlinearity(std::string_view name) {
  if (name == "relu") return Nonlinearity::kRelu;
  if (name == "leaky") return Nonlinearity::kLeakyRelu;
  if (name == "tanh") return Nonlinearity::kTanh;
  if (name == "sigmoid") return Nonlinearity::kSigmoid;
  TORCH_CHECK_VALUE(false, "unknown nonlinearity '", name, "': one of relu, leaky, tanh, sigmoid");
}

std::string_view title_of(Nonlinearity nonlinearity) {
  switch (nonlinearity) {
    case Nonlinearity::kRelu:
      return "ReLU";
    case Nonlinearity::kLeakyRelu:
      return "LeakyReLU";
    case Nonlinearity::kTanh:
      return "Tanh";
    case Nonlinearity::kSigmoid:
      return "Sigmoid";
    case Nonlinearity::kNone:
      break;
  }
  return "";
}

torch::Tensor apply_nonlinearity(Nonlinearity nonlinearity, const torch::Tensor& input) {
  switch (nonlinearity) {
    case Nonlinearity::kRelu:
    case Nonlinearity::kLeakyRelu:
      return torch::leaky_relu(input, slope_of(nonlinearity));
    case Nonlinearity::kTanh:
      settle_vector_math();
      return torch::tanh(input);
    case Nonlinearity::kSigmoid:
      return torch::sigmoid(input);
    case Nonlinearity::kNone:
      break;
  }
  return input;
}

double slope_of(Nonlinearity nonlinearity) {
  switch (nonlinearity) {
    case Nonlinearity::kRelu:
      return 0.0;
    case Nonlinearity::kLeakyRelu:
      return kLeakySlope;
    case Nonlinearity::kTanh:
    case Nonlinearity::kSigmoid:
    case Nonlinearity::kNone:
      break;
  }
  return 1.0;
}

}  // namespace dcgan
