// Batch norm with LeakyReLU, forward and backward: the project's against LibTorch's operators and
// against a plain copy of the bytes that such a pass has to move. Run it with --help.
//
// Each round times every contestant once, one after the other, so that all see the same state of
// a shared machine; the table shows medians over the rounds.
// The contestants are described in batch_norm_contestants.h.

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/batch_norm_contestants.h"

namespace dcgan::bench {
namespace {

// The shapes of DCGAN's layers that the bounds of `Bounds` are about, and small ones down to the
// cost of a call.
const std::vector<std::vector<int64_t>> kShapes{
    {64, 128, 32, 32}, {64, 256, 16, 16}, {64, 512, 8, 8}, {64, 64, 32, 32}, {4, 1, 4, 4},
    {2, 3, 5, 5},      {8, 16, 2, 2},     {4, 33, 3, 3},   {16, 3, 8, 8},    {8, 7, 9, 9},
    {64, 101, 1, 1},   {4, 65, 6, 6},     {16, 20, 6, 6},  {16, 13, 8, 8},   {64, 16, 4, 4},
    {8, 33, 9, 9},     {64, 511, 1, 1},   {16, 37, 8, 8},  {16, 16, 16, 16}, {64, 97, 4, 4},
    {2, 3, 128, 128}};

// ---- Timing ----

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Whether the contestants compute the same. Means, not maxima: of millions of values one may lie
// at the activation's kink, where either gradient is right.
bool agree(Problem& p) {
  const Result expected = run_libtorch(p);
  for (const auto run : {run_module, run_kernels}) {
    const Result actual = run(p);
    for (const torch::Tensor& difference : {actual.y - expected.y, actual.dx - expected.dx}) {
      if (!(difference.abs().mean().item<double>() < 1e-5)) return false;
    }
  }
  return true;
}

void time_contestants(benchmark::State& state, const std::vector<int64_t>& sizes,
                      at::MemoryFormat format) {
  using Clock = std::chrono::steady_clock;
  torch::manual_seed(0);
  Problem problem(sizes, format);
  if (!agree(problem)) {
    state.SkipWithError("results differ from LibTorch's");
    return;
  }
  // Calls a contestant makes in a round: enough for the clock not to matter.
  const int64_t calls = std::max<int64_t>(1, 200'000 / problem.x.numel());
  std::array<std::vector<double>, kContestants.size()> seconds;
  size_t first = 0;
  for (auto _ : state) {
    double total = 0;
    for (size_t i = 0; i < kContestants.size(); ++i) {
      const size_t which = (first + i) % kContestants.size();
      const Clock::time_point start = Clock::now();
      for (int64_t call = 0; call < calls; ++call) kContestants[which].run(problem);
      const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
      seconds[which].push_back(elapsed / static_cast<double>(calls));
      total += elapsed;
    }
    ++first;
    state.SetIterationTime(total);
  }
  for (size_t i = 0; i < kContestants.size(); ++i) {
    state.counters[std::string(kContestants[i].name) + "_ms"] = 1e3 * median(seconds[i]);
  }
  state.counters["elements"] = static_cast<double>(problem.x.numel());
}

// ---- The table ----

// What the module promises for a tensor of that many elements.
struct Bounds {
  double least_speedup;   // LibTorch's time over the module's
  double most_of_a_copy;  // the module's time over a copy's; 0: none promised

  static Bounds of(double elements) {
    if (elements >= 1e6) return {1.5, 1.5};
    if (elements >= 1e4) return {1.0, 0};
    return {1 / 1.1, 0};
  }
};

class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override {
    const benchmark::CPUInfo& cpu = context.cpu_info;
    if (!cpu.load_avg.empty() && cpu.load_avg[0] > 0.5 * cpu.num_cpus) {
      std::printf(
          "WARNING: load average %.1f on %d processors. Threads that wait for each other then "
          "wait for time slices,\nand times count those: use a quiet machine or --threads 1.\n",
          cpu.load_avg[0], cpu.num_cpus);
    }
    for (const auto& [key, value] : context_) std::printf("%s: %s\n", key.c_str(), value.c_str());
    std::printf("\n%-28s%10s%10s%10s%10s%10s %9s%9s%9s%9s\n", "shape and layout; ms", "module",
                "kernels", "LibTorch", "autograd", "copy", "LibTorch", "LibTorch", "autograd",
                "module");
    std::printf("%-78s %9s%9s%9s%9s\n", "", "/module", "/kernels", "/module", "/copy");
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      std::printf("%-28s", run.run_name.function_name.c_str());
      if (run.error_occurred) {
        std::printf("%s\n", run.error_message.c_str());
        ++missed_;
        continue;
      }
      const auto ms = [&](const char* name) {
        return run.counters.at(std::string(name) + "_ms").value;
      };
      for (const Contestant& c : kContestants) std::printf("%10.4f", ms(c.name));
      const double speedup = ms("LibTorch") / ms("module");
      const double of_a_copy = ms("module") / ms("copy");
      std::printf(" %9.2f%9.2f%9.2f%9.2f", speedup, ms("LibTorch") / ms("kernels"),
                  ms("autograd") / ms("module"), of_a_copy);
      const Bounds bounds = Bounds::of(run.counters.at("elements").value);
      const bool slow = speedup < bounds.least_speedup;
      const bool heavy = bounds.most_of_a_copy > 0 && of_a_copy > bounds.most_of_a_copy;
      std::printf("%s%s\n", slow ? "  slow" : "", heavy ? "  far from a copy" : "");
      std::fflush(stdout);
      missed_ += slow || heavy ? 1 : 0;
      ++rows_;
    }
  }

  void Finalize() override {
    std::printf(
        "\n%d of %d rows outside the bounds (LibTorch/module at least 1.5 and module/copy "
        "at most 1.5 from 1,000,000 elements,\nLibTorch/module at least 1 from 10,000 and "
        "1/1.1 below).\n",
        missed_, rows_);
  }

  void add_context(const std::string& key, const std::string& value) {
    benchmark::AddCustomContext(key, value);
    context_[key] = value;
  }

 private:
  std::map<std::string, std::string> context_;
  int rows_ = 0;
  int missed_ = 0;
};

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

// ---- The command line ----

constexpr const char* kHelp =
    "bench_batch_norm [--threads N] [--rounds N] [--keep-memory] [--json FILE]\n"
    "                 [--benchmark_filter=REGEX]\n"
    "  --threads N  threads of LibTorch and of the kernels (2)\n"
    "  --rounds N   rounds whose median is shown (41)\n"
    "  --keep-memory  lets malloc keep what is freed; else every large tensor costs page faults\n"
    "  --json FILE  also writes Google Benchmark's JSON, medians as counters in milliseconds\n"
    "  names for the filter: 64x128x32x32/nchw, 64x128x32x32/nhwc, ...\n";

struct Options {
  int threads = 2;
  int64_t rounds = 41;
  bool keep_memory = false;
  std::vector<std::string> rest;  // for Google Benchmark
};

Options parse(int argc, char** argv) {
  Options options;
  options.rest.emplace_back(argv[0]);
  const auto fail = [](const std::string& message) {
    std::fprintf(stderr, "bench_batch_norm: %s\n%s", message.c_str(), kHelp);
    std::exit(2);
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&]() -> const char* {
      if (i + 1 >= argc) fail(std::string(name) + " needs a value");
      return argv[++i];
    };
    if (name == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (name == "--threads") {
      options.threads = std::atoi(value());
    } else if (name == "--rounds") {
      options.rounds = std::atol(value());
    } else if (name == "--keep-memory") {
      options.keep_memory = true;
    } else if (name == "--json") {
      options.rest.push_back(std::string("--benchmark_out=") + value());
    } else {
      options.rest.emplace_back(name);
    }
  }
  if (options.threads < 1 || options.rounds < 1) fail("--threads and --rounds are at least 1");
  return options;
}

void register_benchmarks(int64_t rounds) {
  for (const std::vector<int64_t>& sizes : kShapes) {
    for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      std::string name;
      for (const int64_t size : sizes) name += (name.empty() ? "" : "x") + std::to_string(size);
      name += format == at::MemoryFormat::Contiguous ? "/nchw" : "/nhwc";
      benchmark::RegisterBenchmark(
          name.c_str(),
          [sizes, format](benchmark::State& state) { time_contestants(state, sizes, format); })
          ->Iterations(rounds)
          ->UseManualTime();
    }
  }
}

}  // namespace
}  // namespace dcgan::bench

int main(int argc, char** argv) {
  dcgan::bench::Options options = dcgan::bench::parse(argc, argv);
  std::vector<char*> rest;
  for (std::string& argument : options.rest) rest.push_back(argument.data());
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;

  if (options.keep_memory) {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
  }
  at::set_num_threads(options.threads);
  dcgan::bench::register_benchmarks(options.rounds);
  dcgan::bench::Table table;
  table.add_context("processor", dcgan::bench::processor_name());
  table.add_context("threads", std::to_string(options.threads));
  table.add_context("rounds", std::to_string(options.rounds));
  table.add_context("memory", options.keep_memory ? "kept" : "malloc's defaults");
  benchmark::RunSpecifiedBenchmarks(&table);
}
