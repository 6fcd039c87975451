#include "studies/digit_parts.h"

#include <algorithm>
#include <map>

#include "common/data_files.h"
#include "data/dataset.h"
#include "data/digits.h"
#include "data/idx.h"
#include "models/random.h"

namespace dcgan {
namespace {

constexpr int64_t kTest = 1000;
constexpr int64_t kValidation = 500;
// Of the whitened arms: a hundredth of a pixel's mean variance. Digits have pixels and directions
// that hardly vary, whose noise an exact whitening would blow up.
constexpr double kEpsilon = 0.01;

// All digits in [0, 1]; a worker runs many cells on the same ones.
const DigitPart& all_digits(int64_t image_size) {
  static std::map<int64_t, DigitPart> cache;
  const auto found = cache.find(image_size);
  if (found != cache.end()) return found->second;
  const auto digits = open_digits(image_size, /*channels=*/1);
  const torch::Tensor pixels =
      digits->images(torch::arange(digits->size(), torch::kInt64)).to(torch::kFloat32) / 255.0;
  return cache
      .emplace(image_size,
               DigitPart{pixels.reshape({digits->size(), -1}),
                         read_idx(find_data_file("digits/labels-idx1-ubyte.gz")).to(torch::kInt64)})
      .first->second;
}

}  // namespace

DigitPart first_images(const DigitPart& part, int64_t most) {
  const int64_t n = std::min(most, part.labels.size(0));
  return {part.images.narrow(0, 0, n), part.labels.narrow(0, 0, n)};
}

DigitParts digit_parts(int64_t image_size, uint64_t seed, int64_t training_images,
                       StandardizationKind kind) {
  const DigitPart& all = all_digits(image_size);
  const int64_t n = all.labels.size(0);
  TORCH_CHECK_VALUE(training_images >= 2 && training_images <= n - kTest - kValidation,
                    "digits: ", training_images, " training images, there are ",
                    n - kTest - kValidation);
  const torch::Tensor fixed = RandomStream(0, "held-out digits").permutation(n);
  const torch::Tensor rest =
      fixed.narrow(0, kTest, n - kTest)
          .index_select(0, RandomStream(seed, "split").permutation(n - kTest));
  const auto part = [&](const torch::Tensor& chosen) {
    return DigitPart{all.images.index_select(0, chosen), all.labels.index_select(0, chosen)};
  };
  DigitParts parts{part(rest.narrow(0, kValidation, training_images)),
                   part(rest.narrow(0, 0, kValidation)), part(fixed.narrow(0, 0, kTest))};
  const Standardization map = Standardization::fit(kind, parts.training.images, kEpsilon);
  for (DigitPart* each : {&parts.training, &parts.validation, &parts.test}) {
    each->images = map.apply(each->images);
  }
  return parts;
}

}  // namespace dcgan
