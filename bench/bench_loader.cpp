// How many images a second the loader hands out, as float tensors: folder, size, workers, epochs,
// --memory. See bench/loader.py.
#include <fmt/format.h>
#include <torch/utils.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "data/loader.h"
#include "data/open.h"

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  torch::set_num_threads(1);
  dcgan::DatasetOptions options;
  options.image_size = std::atoll(argv[2]);
  options.workers = std::atoll(argv[3]);
  options.memory = argv[5];
  const auto dataset = dcgan::open_dataset(argv[1], options);
  dcgan::Loader loader(*dataset, {.batch_size = 64, .seed = 1}, torch::kCPU);
  dcgan::to_network_range(loader.next());
  const int64_t batches = std::atoll(argv[4]) * dataset->size() / 64;
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < batches; ++i) dcgan::to_network_range(loader.next());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("{\"images_per_second\": %.1f}\n",
              static_cast<double>(batches * 64) / seconds.count());
}
