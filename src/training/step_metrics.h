#pragma once

#include <cstdint>
#include <string>

#include "report/metrics_log.h"
#include "training/step.h"

namespace dcgan {

/// A step's line for metrics.jsonl; with gradient norms. Waits for a GPU, like all of these.
Metrics to_metrics(const StepResult& result, int64_t step, int64_t images_seen, int64_t images);

/// Losses, D(x), D(G(z)) and speed for the progress line.
std::string summarize(const StepResult& result, double images_per_second);

/// The same for programs that read the progress.
Metrics to_progress(const StepResult& result, double images_per_second);

/// Whether both losses are numbers.
bool losses_are_finite(const StepResult& result);

/// "loss_d is NaN and loss_g 3.2"
std::string describe_losses(const StepResult& result);

}  // namespace dcgan
