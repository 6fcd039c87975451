// What a training step costs beside arithmetic: memory taken, operators dispatched, bytes copied.
// Counts, not seconds, so that a change which makes the step dearer fails here on any machine.
#include <ATen/record_function.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <new>

#include "training/step.h"

namespace {

std::atomic<int64_t> news{0};

}  // namespace

// GCC takes the inlined malloc and free below for a mismatch (bug 103993).
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

// Every allocation of this program, LibTorch's included, that goes through operator new.
void* operator new(size_t size) {
  ++news;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { std::free(memory); }

namespace dcgan {
namespace {

struct Counts {
  int64_t operators = 0;
  int64_t copied_bytes = 0;
  int64_t tensor_allocations = 0;
  int64_t tensor_bytes = 0;
  int64_t news = 0;
  std::map<std::string, int64_t> by_name;
};

Counts* counting = nullptr;

// Counts what tensors take from LibTorch's CPU allocator.
class CountingAllocator : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator* base) : base_(base) {}
  c10::DataPtr allocate(size_t size) override {
    if (counting != nullptr) {
      ++counting->tensor_allocations;
      counting->tensor_bytes += static_cast<int64_t>(size);
    }
    return base_->allocate(size);
  }
  c10::DeleterFnPtr raw_deleter() const override { return base_->raw_deleter(); }
  void copy_data(void* to, const void* from, size_t count) const override {
    base_->copy_data(to, from, count);
  }

 private:
  c10::Allocator* base_;
};

Counts count(Networks& networks, const torch::Tensor& real, const torch::Tensor& latents) {
  Counts counts;
  const auto observe =
      [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    if (counting == nullptr) return nullptr;
    ++counting->operators;
    ++counting->by_name[function.name()];
    const std::string name = function.name();
    if (name == "aten::copy_" || name == "aten::clone") {
      const at::Tensor tensor = function.inputs().front().toTensor();
      counting->copied_bytes += static_cast<int64_t>(tensor.nbytes());
    }
    return nullptr;
  };
  const auto handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback(observe).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
  CountingAllocator allocator(c10::GetCPUAllocator());
  c10::Allocator* before = c10::GetCPUAllocator();
  c10::SetCPUAllocator(&allocator, /*priority=*/255);
  counting = &counts;
  const int64_t news_before = news;
  train_step(networks, real, latents, false);
  counts.news = news - news_before;
  counting = nullptr;
  c10::SetCPUAllocator(before, 255);
  at::removeCallback(handle);
  return counts;
}

Networks networks_of(Normalization norm) {
  return make_networks(
      GeneratorOptions().image_size(32).channels(1).nz(16).ngf(8).normalization(norm),
      DiscriminatorOptions().image_size(32).channels(1).ndf(8).normalization(norm), {}, 1, {}, {},
      torch::kCPU);
}

std::string listed(const Counts& counts) {
  std::string text;
  for (const auto& [name, times] : counts.by_name) {
    text += name + " " + std::to_string(times) + "\n";
  }
  return text;
}

TEST(StepCost, IsTheSameAtEveryStepAfterTheFirst) {
  torch::manual_seed(1);
  for (const auto norm : {Normalization::kBatch, Normalization::kNone}) {
    Networks networks = networks_of(norm);
    const torch::Tensor real = torch::randn({16, 1, 32, 32});
    const torch::Tensor latents = torch::randn({16, 16});
    train_step(networks, real, latents, false);
    train_step(networks, real, latents, false);
    const Counts third = count(networks, real, latents);
    Counts later;
    for (int i = 0; i < 10; ++i) later = count(networks, real, latents);
    EXPECT_EQ(third.operators, later.operators);
    EXPECT_EQ(third.tensor_allocations, later.tensor_allocations);
    EXPECT_EQ(third.tensor_bytes, later.tensor_bytes);
    EXPECT_EQ(third.copied_bytes, later.copied_bytes);
    EXPECT_LE(std::abs(third.news - later.news), 20);  // observers' own maps
  }
}

TEST(StepCost, NoActivationIsAllocatedOrCopied) {
  torch::manual_seed(1);
  Networks networks = networks_of(Normalization::kBatch);
  const torch::Tensor real = torch::randn({16, 1, 32, 32});
  const torch::Tensor latents = torch::randn({16, 16});
  train_step(networks, real, latents, false);
  const Counts counts = count(networks, real, latents);
  const int64_t image_bytes = static_cast<int64_t>(real.nbytes());
  // Allocated: scores, losses and probabilities, a few dozen bytes an image, and nothing as large
  // as a single image.
  EXPECT_LE(counts.tensor_bytes, 4096);
  EXPECT_LE(counts.tensor_allocations, 64);
  // Copied: the real images, once, and the scores.
  EXPECT_LE(counts.copied_bytes, image_bytes + 1024);
  // Dispatched: the losses on scores, two tanh, two Adam and the views around them.
  EXPECT_LE(counts.operators, 260) << listed(counts);
  EXPECT_EQ(counts.by_name.at("aten::_fused_adam_"), 2);
  EXPECT_LE(counts.news, 1200);
}

}  // namespace
}  // namespace dcgan
