#include "data/stacked_digits.h"

#include <torch/types.h>

#include "data/digits.h"
#include "models/random.h"

namespace dcgan {
namespace {

constexpr int64_t kImages = 128'000;

// Keeps the 5,000 digits and 128,000 triples of indices, not 400 MB of images.
class StackedDigits : public Dataset {
 public:
  explicit StackedDigits(int64_t image_size) : digits_(open_digits(image_size, 1)) {
    // Each channel runs through all digits again and again, every time in a new order.
    const RandomStream random(0, "stacked digits");
    for (uint64_t channel = 0; channel < 3; ++channel) {
      std::vector<at::Tensor> orders;
      for (int64_t drawn = 0; drawn < kImages; drawn += digits_->size()) {
        const auto round = static_cast<uint64_t>(drawn / digits_->size());
        orders.push_back(random.substream(3 * round + channel).permutation(digits_->size()));
      }
      triples_.push_back(torch::cat(orders).narrow(0, 0, kImages));
    }
  }

  const std::string& name() const override { return name_; }
  int64_t size() const override { return kImages; }
  int64_t image_size() const override { return digits_->image_size(); }
  int64_t channels() const override { return 3; }
  at::Tensor images(const at::Tensor& indices) const override {
    std::vector<at::Tensor> channels;
    channels.reserve(triples_.size());
    for (const at::Tensor& digit : triples_) {
      channels.push_back(digits_->images(digit.index_select(0, indices)));
    }
    return torch::cat(channels, 3);
  }
  std::string fingerprint() const override { return "stacked-1-" + digits_->fingerprint(); }
  const SourceInfo& source() const override { return source_; }
  const std::vector<std::string>& remarks() const override { return digits_->remarks(); }

 private:
  std::string name_ = "stacked-digits";
  SourceInfo source_{.kind = kStackedDigits, .classes = {}, .left_out = {}, .sizes = {}};
  std::unique_ptr<Dataset> digits_;
  std::vector<at::Tensor> triples_;  // int64 [kImages] a channel
};

}  // namespace

std::unique_ptr<Dataset> open_stacked_digits(int64_t image_size) {
  return std::make_unique<StackedDigits>(image_size);
}

}  // namespace dcgan
