#include "training/digits_features.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "common/data_files.h"
#include "data/dataset.h"
#include "data/digits.h"
#include "data/idx.h"
#include "interchange/load_module.h"
#include "models/initialization.h"
#include "models/random.h"
#include "training/classifier_training.h"

namespace dcgan {

double train_digits_features(const std::filesystem::path& path) {
  constexpr uint64_t kSeed = 0;
  constexpr int64_t kHeldOut = 1000;
  const auto digits = open_digits(/*image_size=*/32, /*channels=*/1);
  const torch::Tensor labels =
      read_idx(find_data_file("digits/labels-idx1-ubyte.gz")).to(torch::kInt64);
  const torch::Tensor order = RandomStream(kSeed, "held-out digits").permutation(digits->size());
  const auto part = [&](int64_t first, int64_t count) {
    const torch::Tensor chosen = order.narrow(0, first, count);
    return std::pair(to_network_range(digits->images(chosen)), labels.index_select(0, chosen));
  };
  const auto [test_images, test_labels] = part(0, kHeldOut);
  const auto [images, image_labels] = part(kHeldOut, digits->size() - kHeldOut);

  const ClassifierOptions options;
  Classifier classifier(options);
  initialize(*classifier, parse_initialization("he"), RandomStream(kSeed, "classifier").key());
  train_classifier(classifier, images, image_labels, {.seed = kSeed});
  const double accuracy = classifier_accuracy(classifier, test_images, test_labels);

  TensorFile file;
  store_module(*classifier, "classifier.", file);
  file.metadata = {{"image-size", std::to_string(options.image_size())},
                   {"channels", std::to_string(options.channels())},
                   {"width", std::to_string(options.width())},
                   {"features", std::to_string(options.features())},
                   {"classes", std::to_string(options.classes())},
                   {"held-out-accuracy", fmt::format("{:.4f}", accuracy)}};
  write_safetensors(path, file);
  return accuracy;
}

}  // namespace dcgan
