#include "training/collapse.h"

#include <fmt/format.h>

#include <cmath>

namespace dcgan {

bool CollapseWatch::update(Sign& sign, bool shown, double step) {
  constexpr int kToTell = 2;
  sign.lines = shown ? sign.lines + 1 : 0;
  if (sign.lines != kToTell || step < 2 * sign.told) return false;
  sign.told = step;
  return true;
}

std::string CollapseWatch::check(Metrics& line) {
  constexpr double kLowDiversity = 0.1;
  constexpr double kSaturated = 0.01;
  std::string signs;
  std::string told;
  const auto look = [&](Sign& sign, bool shown) {
    if (shown) signs += (signs.empty() ? "" : ", ") + std::string(sign.name);
    if (update(sign, shown, find_metric(line, "step")))
      told += (told.empty() ? "" : "; ") + fmt::format("{}: {}", sign.name, sign.advice);
  };
  // Of a line without the number, NaN, nothing is known.
  const double diversity = find_metric(line, "sample_std");
  if (!std::isnan(diversity)) look(diversity_, diversity < kLowDiversity * real_std_);
  const double real = find_metric(line, "d_real");
  if (!std::isnan(real)) {
    look(saturation_, real > 1 - kSaturated && find_metric(line, "d_fake") < kSaturated);
  }
  if (!signs.empty()) line.emplace_back("warnings", signs);
  return told;
}

}  // namespace dcgan
