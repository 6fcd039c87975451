// One training step of a network of one's own with the library's batch norm in it.
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>

#include <cstdio>

#include "models/batch_norm.h"

struct NetImpl : torch::nn::Module {
  NetImpl() {
    register_module("conv", conv);
    register_module("norm", norm);
    register_module("classify", classify);
  }
  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(norm->forward(conv->forward(x)));
    return classify->forward(x.mean({2, 3}));
  }
  torch::nn::Conv2d conv{torch::nn::Conv2dOptions(1, 8, 3).bias(false)};
  dcgan::BatchNorm2d norm{dcgan::BatchNormOptions(8)};
  torch::nn::Linear classify{8, 2};
};
TORCH_MODULE(Net);

int main() {
  torch::manual_seed(1);
  Net net;
  torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(1e-2));
  const torch::Tensor x = torch::randn({32, 1, 12, 12});
  const torch::Tensor y = (x.mean({1, 2, 3}) > 0).to(torch::kInt64);
  double first = 0;
  double last = 0;
  for (int step = 0; step < 30; ++step) {
    const torch::Tensor loss = torch::nll_loss(torch::log_softmax(net->forward(x), 1), y);
    adam.zero_grad();
    loss.backward();
    adam.step();
    last = loss.item<double>();
    if (step == 0) first = last;
  }
  std::printf("loss %.3f to %.3f, batches seen %ld\n", first, last,
              net->norm->num_batches_tracked.item<long>());
  return last < first ? 0 : 1;
}
