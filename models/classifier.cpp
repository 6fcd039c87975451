#include "models/classifier.h"

#include "models/generator.h"

namespace dcgan {
namespace {

std::vector<StageOptions> classifier_stages(const ClassifierOptions& options) {
  StageOptions stage;
  stage.nonlinearity = Nonlinearity::kLeakyRelu;
  stage.normalized = true;
  stage.in_channels = options.channels();
  stage.out_channels = options.width();
  std::vector<StageOptions> stages{stage};
  for (int64_t size = options.image_size() / 2; size > 4; size /= 2) {
    stage.in_channels = stages.back().out_channels;
    stage.out_channels = 2 * stage.in_channels;
    stages.push_back(stage);
  }
  return stages;
}

}  // namespace

ClassifierImpl::ClassifierImpl(const ClassifierOptions& options_) : options(options_) {
  check_image_size(options.image_size());
  reset();
}

void ClassifierImpl::reset() {
  main = register_module("main", StageSequence(classifier_stages(options)));
  const int64_t maps = options.width() * options.image_size() / 8;
  embed = register_module("embed", torch::nn::Linear(maps * 16, options.features()));
  classify = register_module("classify", torch::nn::Linear(options.features(), options.classes()));
}

ClassifierImpl::Output ClassifierImpl::forward(const torch::Tensor& images) {
  TORCH_CHECK_VALUE(images.dim() == 4 && images.size(1) == options.channels() &&
                        images.size(2) == options.image_size() &&
                        images.size(3) == options.image_size(),
                    "classifier: expects images [N, ", options.channels(), ", ",
                    options.image_size(), ", ", options.image_size(), "], is ", images.sizes());
  Output output;
  output.features = embed->forward(main->forward(images).values.flatten(1));
  output.logits = classify->forward(torch::leaky_relu(output.features, kLeakySlope));
  return output;
}

void ClassifierImpl::pretty_print(std::ostream& stream) const {
  stream << "dcgan::Classifier(image_size=" << options.image_size()
         << ", channels=" << options.channels() << ", width=" << options.width()
         << ", features=" << options.features() << ", classes=" << options.classes() << ")";
}

}  // namespace dcgan
