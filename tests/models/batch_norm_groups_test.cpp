// Statistics over groups of a batch, and over processes.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <barrier>
#include <thread>

#include "models/batch_norm.h"
#include "models/discriminator.h"
#include "models/initialization.h"

namespace dcgan {
namespace {

using torch::Tensor;

struct Outcome {
  std::vector<Tensor> tensors;
};

Outcome outcome(BatchNorm2d& norm, const std::vector<Tensor>& batches, int64_t groups,
                const std::vector<Tensor>& upstream) {
  Outcome result;
  std::vector<Tensor> outputs;
  std::vector<Tensor> inputs;
  for (const Tensor& batch : batches) {
    inputs.push_back(batch.detach().clone(at::MemoryFormat::Preserve).requires_grad_());
    outputs.push_back(norm->forward_fused(inputs.back(), 0.2, groups));
  }
  std::vector<Tensor> wanted = inputs;
  auto gradients = torch::autograd::grad(outputs, wanted, upstream);
  result.tensors = {torch::cat(outputs), torch::cat(gradients), norm->running_mean,
                    norm->running_var, norm->num_batches_tracked};
  return result;
}

TEST(BatchNormGroups, TwoGroupsAreTwoPassesBitForBit) {
  torch::manual_seed(2);
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    for (const auto& sizes :
         std::vector<std::vector<int64_t>>{{8, 16, 8, 8}, {5, 3, 2, 7}, {64, 33, 4, 4}}) {
      for (const auto momentum : {std::optional(0.1), std::optional<double>()}) {
        BatchNorm2d once(BatchNormOptions(sizes[1]).momentum(momentum));
        BatchNorm2d twice(BatchNormOptions(sizes[1]).momentum(momentum));
        const Tensor real = (torch::randn(sizes) + 2).contiguous(format);
        const Tensor fake = (torch::randn(sizes) * 3).contiguous(format);
        const Tensor g1 = torch::randn(sizes).contiguous(format);
        const Tensor g2 = torch::randn(sizes).contiguous(format);
        const Outcome a = outcome(once, {torch::cat({real, fake})}, 2, {torch::cat({g1, g2})});
        const Outcome b = outcome(twice, {real, fake}, 1, {g1, g2});
        for (size_t i = 0; i < a.tensors.size(); ++i) {
          EXPECT_TRUE(torch::equal(a.tensors[i], b.tensors[i])) << "tensor " << i;
        }
      }
    }
  }
}

TEST(BatchNormGroups, ABatchThatGroupsDoNotDivideIsRefused) {
  BatchNorm2d norm(2);
  EXPECT_THROW(norm->forward_fused(torch::randn({5, 2, 2, 2}), 1.0, 2), c10::ValueError);
  EXPECT_THROW(norm->forward_fused(torch::randn({2, 2, 1, 1}), 1.0, 2), c10::ValueError);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 0);
}

TEST(BatchNormGroups, DiscriminatorOnBothHalvesEqualsTwoPasses) {
  torch::manual_seed(3);
  const auto make = [] {
    Discriminator d(DiscriminatorOptions().image_size(16).channels(1).ndf(4));
    d->to(torch::kFloat64);
    initialize(*d, {}, 1);
    return d;
  };
  Discriminator once = make();
  Discriminator twice = make();
  const Tensor real = torch::rand({6, 1, 16, 16}, torch::kFloat64);
  const Tensor fake = torch::randn({6, 1, 16, 16}, torch::kFloat64);
  const Tensor both = once->forward(torch::cat({real, fake}), 2);
  const Tensor apart = torch::cat({twice->forward(real), twice->forward(fake)});
  EXPECT_LT((both - apart).abs().max().item<double>(), 1e-13);
  const auto g1 = torch::autograd::grad({both.square().sum()}, once->parameters());
  const auto g2 = torch::autograd::grad({apart.square().sum()}, twice->parameters());
  for (size_t i = 0; i < g1.size(); ++i) {
    EXPECT_LT((g1[i] - g2[i]).abs().max().item<double>(), 1e-12) << i;
  }
  for (const auto& item : once->named_buffers()) {
    const Tensor other = twice->named_buffers()[item.key()];
    EXPECT_LT((item.value() - other).abs().max().item<double>(), 1e-13) << item.key();
  }
}

// Threads that stand for processes: each brings its part of a sum.
class ThreadReducer : public StatisticsReducer {
 public:
  struct Meeting {
    explicit Meeting(int64_t size) : parts(static_cast<size_t>(size)), barrier(size) {}
    std::vector<Tensor> parts;
    std::barrier<> barrier;
  };
  ThreadReducer(std::shared_ptr<Meeting> meeting, size_t rank)
      : meeting_(std::move(meeting)), rank_(rank) {}
  void sum(Tensor& values) override {
    meeting_->parts[rank_] = values.clone();
    meeting_->barrier.arrive_and_wait();
    Tensor total = torch::zeros_like(values);
    for (const Tensor& part : meeting_->parts) total += part;
    meeting_->barrier.arrive_and_wait();
    values = total;
  }

 private:
  std::shared_ptr<Meeting> meeting_;
  size_t rank_;
};

TEST(BatchNormProcesses, UnevenBatchesGiveWhatOneProcessGives) {
  for (const auto& [first, second] : std::vector<std::pair<int64_t, int64_t>>{{3, 2}, {4, 1}}) {
    torch::manual_seed(4);
    const Tensor x = torch::randn({5, 3, 2, 2}, torch::kFloat64) * 2 + 100;
    const Tensor g = torch::randn({5, 3, 2, 2}, torch::kFloat64);
    BatchNorm2d alone(3);
    alone->to(torch::kFloat64);
    Tensor whole = x.clone().requires_grad_();
    const Tensor expected = alone->forward_fused(whole, 0.2);
    const auto expected_gradients =
        torch::autograd::grad({expected}, {whole, alone->weight, alone->bias}, {g});

    const auto meeting = std::make_shared<ThreadReducer::Meeting>(2);
    std::vector<Tensor> outputs(2), input_gradients(2), weight_gradients(2), bias_gradients(2),
        means(2), variances(2);
    const auto process = [&](size_t rank, int64_t begin, int64_t count) {
      BatchNorm2d norm(3);
      norm->to(torch::kFloat64);
      norm->reducer = c10::make_intrusive<ThreadReducer>(meeting, rank);
      Tensor part = x.narrow(0, begin, count).clone().requires_grad_();
      outputs[rank] = norm->forward_fused(part, 0.2);
      const auto gradients = torch::autograd::grad(
          {outputs[rank]}, {part, norm->weight, norm->bias}, {g.narrow(0, begin, count).clone()});
      input_gradients[rank] = gradients[0];
      weight_gradients[rank] = gradients[1];
      bias_gradients[rank] = gradients[2];
      means[rank] = norm->running_mean;
      variances[rank] = norm->running_var;
    };
    std::thread other([&, n = second, b = first] { process(1, b, n); });
    process(0, 0, first);
    other.join();

    const auto close = [](const Tensor& a, const Tensor& b, const char* what) {
      EXPECT_LT((a - b).abs().max().item<double>(), 1e-9) << what;
    };
    close(torch::cat(outputs), expected, "output");
    close(torch::cat(input_gradients), expected_gradients[0], "input gradient");
    // Each process has its own images' share; an all-reduce of the parameters' gradients adds them.
    close(weight_gradients[0] + weight_gradients[1], expected_gradients[1], "weight gradient");
    close(bias_gradients[0] + bias_gradients[1], expected_gradients[2], "bias gradient");
    for (size_t rank : {0, 1}) {
      close(means[rank], alone->running_mean, "running mean");
      close(variances[rank], alone->running_var, "running variance");
    }
  }
}

}  // namespace
}  // namespace dcgan
