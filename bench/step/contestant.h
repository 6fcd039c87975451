// What the step's benchmark compares: a way of training the same networks on the same data.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>

namespace dcgan::bench {

struct Setting {
  int64_t image_size = 32;
  int64_t channels = 1;
  int64_t nz = 100;
  int64_t nf = 16;  // ngf = ndf
  int64_t batch_size = 64;
  bool norm = true;
  torch::Device device = torch::kCPU;
};

class Contestant {
 public:
  virtual ~Contestant() = default;
  virtual void train(int64_t steps) = 0;
  // Images as bytes, 64 at a time, in evaluation mode.
  virtual void generate(int64_t count) = 0;
};

// The program's own step.
std::unique_ptr<Contestant> make_program(const Setting& setting);
// The PyTorch example's step written with torch::nn and torch::optim.
std::unique_ptr<Contestant> make_plain_loop(const Setting& setting);

}  // namespace dcgan::bench
