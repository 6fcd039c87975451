#include <fmt/format.h>

#include "common/error.h"
#include "common/parse_number.h"
#include "interchange/load_module.h"
#include "interchange/safetensors.h"
#include "metrics/features.h"
#include "models/classifier.h"

namespace dcgan {
namespace {

int64_t metadata_number(const TensorFile& file, const std::filesystem::path& path,
                        const std::string& key, int64_t most) {
  const auto found = file.metadata.find(key);
  const int64_t value =
      found == file.metadata.end() ? 0 : parse_number<int64_t>(found->second).value_or(0);
  if (value < 1 || value > most) {
    throw CheckpointError(
        fmt::format("{}: no features file: its metadata has no usable '{}'", path.string(), key));
  }
  return value;
}

class ClassifierFeatures : public FeatureExtractor {
 public:
  ClassifierFeatures(const std::filesystem::path& path, bool stacked) : stacked_(stacked) {
    const TensorFile file = read_safetensors(path);
    const auto number = [&](const char* key, int64_t most) {
      return metadata_number(file, path, key, most);
    };
    classifier_ = Classifier(ClassifierOptions()
                                 .image_size(number("image-size", 256))
                                 .channels(number("channels", 4))
                                 .width(number("width", 1024))
                                 .features(number("features", 4096))
                                 .classes(number("classes", 100'000)));
    load_module(*classifier_, file, "classifier.", path);
    classifier_->eval();
    const auto digest = file.metadata.find("payload_xxh3_128");
    fingerprint_ = (stacked ? "stacked-" : "") +
                   (digest == file.metadata.end() ? path.string() : digest->second);
  }

  std::string name() const override { return stacked_ ? "stacked-digits" : "digits"; }
  std::string fingerprint() const override { return fingerprint_; }
  int64_t dimension() const override {
    return (stacked_ ? 3 : 1) * classifier_->options.features();
  }
  int64_t classes() const override {
    const int64_t one = classifier_->options.classes();
    return stacked_ ? one * one * one : one;
  }

  Features extract(const at::Tensor& images) override {
    const torch::NoGradGuard no_grad;
    if (!stacked_) return of_channel(images);
    if (images.size(3) != 3) {
      throw UsageError("features stacked-digits: they need images of 3 channels");
    }
    std::vector<at::Tensor> values;
    at::Tensor classes;
    for (int64_t channel = 0; channel < 3; ++channel) {
      const Features part = of_channel(images.narrow(3, channel, 1));
      values.push_back(part.values);
      classes =
          channel == 0 ? part.classes : classes * classifier_->options.classes() + part.classes;
    }
    return {torch::cat(values, 1), classes};
  }

 private:
  Features of_channel(const at::Tensor& images) {
    const ClassifierOptions& options = classifier_->options;
    const auto output =
        classifier_->forward(to_network_images(images, options.channels(), options.image_size()));
    return {output.features, output.logits.argmax(1)};
  }

  Classifier classifier_{nullptr};
  bool stacked_;
  std::string fingerprint_;
};

}  // namespace

std::unique_ptr<FeatureExtractor> open_classifier_features(const std::filesystem::path& file,
                                                           bool stacked) {
  return std::make_unique<ClassifierFeatures>(file, stacked);
}

}  // namespace dcgan
