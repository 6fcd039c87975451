// A contestant of bench/step/compare.py: this program's training step, or a plain LibTorch loop.
//
// Reads commands from standard input, one a line, and answers each with a line of JSON:
//     steps N      train N steps
//     generate N   generate N images, 64 at a time, in evaluation mode
//     memory       resident memory: after loading the libraries, and at most since
//     peak         FLOP/s of register-only fused multiply-adds and of the best matrix product

#include <ATen/Parallel.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "bench/step/contestant.h"
#include "bench/step/peak.h"
#include "tests/device/open_device.h"
#include "training/numerics.h"

namespace dcgan::bench {
namespace {

double wall_seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int64_t resident() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t pages = 0;
  statm >> size >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

int64_t peak_resident() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

int run(int argc, char** argv) {
  std::map<std::string, std::string> arguments{
      {"--image-size", "32"}, {"--channels", "1"},       {"--nz", "100"},
      {"--nf", "16"},         {"--batch-size", "64"},    {"--threads", "1"},
      {"--norm", "batch"},    {"--contestant", "dcgan"}, {"--device", "cpu"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!arguments.contains(argv[i])) {
      std::fprintf(stderr, "unknown option %s\n", argv[i]);
      return 2;
    }
    arguments[argv[i]] = argv[i + 1];
  }
  const auto number = [&](const char* name) { return std::stoll(arguments.at(name)); };
  const Setting setting{.image_size = number("--image-size"),
                        .channels = number("--channels"),
                        .nz = number("--nz"),
                        .nf = number("--nf"),
                        .batch_size = number("--batch-size"),
                        .norm = arguments.at("--norm") == "batch",
                        .device = testing::open_device_of_bundle(arguments.at("--device"))};
  set_numerics(parse_precision("auto", setting.device), /*deterministic=*/false);
  at::set_num_threads(static_cast<int>(number("--threads")));
  // What is loaded or made at the first operator belongs to the libraries.
  torch::matmul(torch::ones({64, 64}), torch::ones({64, 64}));
  const int64_t loaded = resident();
  const std::unique_ptr<Contestant> contestant =
      arguments.at("--contestant") == "plain" ? make_plain_loop(setting) : make_program(setting);

  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    int64_t count = 0;
    words >> command >> count;
    const double start = wall_seconds();
    const double cpu = cpu_seconds();
    if (command == "steps") {
      contestant->train(count);
    } else if (command == "generate") {
      contestant->generate(count);
    } else if (command == "memory") {
      std::printf("{\"loaded\": %lld, \"peak\": %lld}\n", static_cast<long long>(loaded),
                  static_cast<long long>(peak_resident()));
      std::fflush(stdout);
      continue;
    } else if (command == "peak") {
      std::printf("{\"fma\": %.4g, \"matmul\": %.4g}\n", fma_peak(), matrix_product_peak());
      std::fflush(stdout);
      continue;
    }
    std::printf("{\"seconds\": %.9f, \"cpu_seconds\": %.9f}\n", wall_seconds() - start,
                cpu_seconds() - cpu);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace dcgan::bench

int main(int argc, char** argv) { return dcgan::bench::run(argc, argv); }
