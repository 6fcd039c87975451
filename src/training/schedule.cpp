#include "training/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/error.h"

namespace dcgan {

Schedule parse_schedule(const std::string& name) {
  if (name == "constant") return Schedule::kConstant;
  if (name == "linear") return Schedule::kLinear;
  if (name == "cosine") return Schedule::kCosine;
  throw UsageError(fmt::format("--lr-schedule {}: expected constant, linear or cosine", name));
}

double schedule_factor(Schedule schedule, int64_t done, int64_t steps) {
  const double part = std::clamp(
      static_cast<double>(done) / static_cast<double>(std::max<int64_t>(steps, 1)), 0.0, 1.0);
  switch (schedule) {
    case Schedule::kConstant:
      return 1;
    case Schedule::kLinear:
      return 1 - part;
    case Schedule::kCosine:
      return 0.5 * (1 + std::cos(std::numbers::pi * part));
  }
  return 1;
}

}  // namespace dcgan
