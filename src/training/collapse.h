#pragma once

#include <string>

#include "report/metrics_log.h"

namespace dcgan {

/// Signs that a GAN's training goes wrong although every number is finite. They are functions of
/// one log line (and of the data), so a resumed run writes the same.
///
/// - "low diversity": the samples' standard deviation is below a tenth of the real images';
/// - "discriminator saturated": D(x) above 0.99 and D(G(z)) below 0.01, where the generator's
///   gradient carries little.
class CollapseWatch {
 public:
  /// `real_std`: sample_standard_deviation of real images.
  explicit CollapseWatch(double real_std) : real_std_(real_std) {}

  /// Adds "warnings" to a line that shows a sign. Returns what to tell the user: a sign that came
  /// back in its next measurement, once for as long as it lasts, and one that comes and goes only
  /// when as many steps again have passed; else "".
  std::string check(Metrics& line);

 private:
  struct Sign {
    const char* name;
    const char* advice;
    int lines = 0;     // in a row
    double told = -1;  // at this step, the last time
  };
  bool update(Sign& sign, bool shown, double step);

  double real_std_;
  Sign diversity_{
      "low diversity",
      "the samples look alike; earlier checkpoints may be better (--keep-every), a lower "
      "rate or batch norm may help"};
  Sign saturation_{"discriminator saturated",
                   "it tells all real from all generated images; a lower --lr-d or a smaller --ndf "
                   "may help"};
};

}  // namespace dcgan
