#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/probe.h"
#include "report/event_file.h"
#include "report/metrics_log.h"
#include "training/options.h"
#include "training/run_directory.h"

namespace dcgan {

/// What a run writes as it goes on: metrics.jsonl, the same for TensorBoard with the grids, and
/// with --probe-every probe.jsonl. All throw DiskError when the disk refuses.
class RunLog {
 public:
  /// Continues the files of `run` after step `last_step`; what they hold of later steps is removed.
  RunLog(RunDirectory run, const TrainOptions& options, int64_t last_step);

  /// A line that begins with "step".
  void write(const Metrics& line);

  /// The grid of the step, which lies in the run's folder.
  void write_grid(int64_t step);

  /// What a network's probe saw in the step. The generator passes once a step; the discriminator on
  /// real and fake together (pass 0), then on the fake images for the generator's sake (pass 1).
  void write_probe(int64_t step, const std::string& network, Probe& probe);

  /// The files that there are, for those who make sure that they are on the disk.
  std::vector<std::filesystem::path> files() const;

 private:
  RunDirectory run_;
  MetricsLog metrics_;
  EventFile events_;
  std::optional<MetricsLog> probe_;
};

}  // namespace dcgan
