#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "report/progress.h"
#include "training/checkpoint.h"
#include "training/collapse.h"
#include "training/networks.h"
#include "training/options.h"
#include "training/run_directory.h"
#include "training/run_log.h"
#include "training/step.h"

namespace dcgan {

/// All that a run says while it goes on: to the user on stderr, and to its logs.
class RunReport {
 public:
  /// Continues the run's logs after what is done. `run`, `options`, which are resolved, `dataset`
  /// and `progressed`, the counts of the loop, must live as long. `real_std` as CollapseWatch takes
  /// it. Throws DiskError.
  RunReport(const RunDirectory& run, const TrainOptions& options, const Dataset& dataset,
            const Progressed& progressed, ProgressStyle style, double real_std);

  /// Data, sizes, device, then `remarks`.
  void announce(const torch::Device& device, const std::vector<std::string>& remarks);

  /// Goes on after what is done now: later lines are removed from the logs, the speed is new.
  void restart();

  /// The speed is that of the steps from now on.
  void start_clock();

  /// The line of the step that was done; with losses and gradient norms, that is `logged`, it
  /// waits for a GPU.
  Metrics line_of(const StepResult& result, const Networks& networks, bool scheduled, bool logged);

  /// Completes the line (signs of collapse; speed if `logged`) and writes it if `written`.
  void finish_line(Metrics& line, bool logged, bool written);

  /// The progress line, where one is due; `seconds_waited` for pictures.
  void show(const StepResult& result, double seconds_waited);

  void warn(const std::string& text) { progress_.warning(text); }
  void warn(const std::vector<std::string>& texts);

  /// What became of the data, at the end of a run.
  void summarize_data();

  /// Ends the live line.
  void finish() { progress_.finish(); }

  RunLog& log() { return *log_; }

 private:
  using Clock = std::chrono::steady_clock;

  double seconds() const;
  double images_per_second() const;

  const RunDirectory& run_;
  const TrainOptions& options_;
  const Dataset& dataset_;
  const Progressed& progressed_;
  CollapseWatch collapse_;
  Progress progress_;
  std::optional<RunLog> log_;
  Clock::time_point start_;
  int64_t first_step_ = 0;
};

}  // namespace dcgan
