#pragma once

#include <cstdint>
#include <string>

namespace dcgan {

/// How the learning rates fall from the first step to the last.
enum class Schedule {
  kConstant,
  kLinear,  // to 0 in a straight line
  kCosine,  // to 0 along half a cosine (Loshchilov & Hutter 2017, without restarts)
};

/// "constant", "linear" or "cosine". Throws UsageError.
Schedule parse_schedule(const std::string& name);

/// What the rate is multiplied by in the step after `done` of `steps`: 1 for the first.
double schedule_factor(Schedule schedule, int64_t done, int64_t steps);

}  // namespace dcgan
