#include "training/run_report.h"

#include <fmt/format.h>

#include "common/device.h"
#include "common/memory.h"
#include "common/text.h"
#include "training/step_metrics.h"

namespace dcgan {

RunReport::RunReport(const RunDirectory& run, const TrainOptions& options, const Dataset& dataset,
                     const Progressed& progressed, ProgressStyle style, double real_std)
    : run_(run),
      options_(options),
      dataset_(dataset),
      progressed_(progressed),
      collapse_(real_std),
      progress_(progressed.step, options.steps, style) {
  restart();
}

void RunReport::announce(const torch::Device& device, const std::vector<std::string>& remarks) {
  const auto s = [](int64_t count) { return count == 1 ? "" : "s"; };
  for (const std::string& remark : dataset_.remarks()) progress_.message(remark);
  progress_.message(fmt::format(
      "{}: {} images of {}x{}, {} channel{}; {} steps of {} image{} on {}; norm-g {}, norm-d {}",
      run_.path().string(), with_thousands(dataset_.size()), options_.image_size,
      options_.image_size, options_.channels, s(options_.channels), with_thousands(options_.steps),
      options_.batch_size, s(options_.batch_size), describe_device(device), options_.norm_g,
      options_.norm_d));
  for (const std::string& remark : remarks) progress_.message(remark);
}

void RunReport::restart() {
  log_.emplace(run_, options_, progressed_.step);
  start_clock();
}

void RunReport::start_clock() {
  start_ = Clock::now();
  first_step_ = progressed_.step;
}

double RunReport::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

double RunReport::images_per_second() const {
  return static_cast<double>((progressed_.step - first_step_) * options_.batch_size) / seconds();
}

Metrics RunReport::line_of(const StepResult& result, const Networks& networks, bool scheduled,
                           bool logged) {
  if (!logged) return {{"step", static_cast<double>(progressed_.step)}};
  Metrics line = to_metrics(result, progressed_.step, progressed_.images_seen, dataset_.size());
  if (scheduled) {
    line.emplace_back("lr_g", networks.optimizer_g.options.lr);
    line.emplace_back("lr_d", networks.optimizer_d.options.lr);
  }
  if (progressed_.rollbacks > 0) {
    line.emplace_back("rollbacks", static_cast<double>(progressed_.rollbacks));
  }
  return line;
}

void RunReport::finish_line(Metrics& line, bool logged, bool written) {
  const std::string warning = collapse_.check(line);
  if (!warning.empty()) warn(fmt::format("step {}: {}", progressed_.step, warning));
  if (logged) {
    line.emplace_back("seconds", seconds());
    line.emplace_back("images_per_second", images_per_second());
  }
  if (written) log_->write(line);
}

void RunReport::show(const StepResult& result, double seconds_waited) {
  for (const std::string& remark : dataset_.take_late_remarks()) progress_.message(remark);
  if (!progress_.due(progressed_.step)) return;
  const double rate = images_per_second();
  Metrics values = to_progress(result, rate);
  values.emplace_back("memory", static_cast<double>(resident_memory()));
  std::string text = summarize(result, rate) + "  " + format_bytes(resident_memory());
  if (!dataset_.in_memory()) {
    const double waiting = seconds_waited / seconds();
    values.emplace_back("waiting_share", waiting);
    text += fmt::format("  {:.0f} % waiting for pictures", 100 * waiting);
  }
  progress_.update(progressed_.step, text, values);
}

void RunReport::warn(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) progress_.warning(text);
}

void RunReport::summarize_data() {
  for (const std::string& remark : dataset_.take_late_remarks()) progress_.message(remark);
  warn(dataset_.late_summary());
}

}  // namespace dcgan
