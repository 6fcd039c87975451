#include "training/run_log.h"

namespace dcgan {

RunLog::RunLog(RunDirectory run, const TrainOptions& options, int64_t last_step)
    : run_(std::move(run)),
      metrics_(run_.metrics(), last_step),
      events_(run_.events(), last_step, options_to_entries(options)) {
  if (options.probe_every > 0) probe_.emplace(run_.probe(), last_step);
}

void RunLog::write(const Metrics& line) {
  metrics_.write(line);
  events_.write(line);
}

void RunLog::write_grid(int64_t step) { events_.write_png(step, "samples", run_.sample(step)); }

void RunLog::write_probe(int64_t step, const std::string& network, Probe& probe) {
  for (const ProbeRecord& record : probe.take()) {
    probe_->write({{"step", static_cast<double>(step)},
                   {"network", network},
                   {"pass", static_cast<double>(record.pass)},
                   {"layer", record.layer},
                   {"mean", record.mean},
                   {"std", record.std},
                   {"dead", record.dead},
                   {"gradient_norm", record.gradient_norm}});
  }
}

std::vector<std::filesystem::path> RunLog::files() const {
  std::vector<std::filesystem::path> files{run_.metrics(), run_.events(), run_.probe()};
  std::error_code error;  // a log begins with its first line
  std::erase_if(files, [&](const auto& file) { return !std::filesystem::exists(file, error); });
  return files;
}

}  // namespace dcgan
