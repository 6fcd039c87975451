#include <fmt/format.h>

#include "common/error.h"
#include "common/text.h"
#include "studies/activations.h"
#include "studies/batch_mixing.h"
#include "studies/covariate_shift.h"
#include "studies/depth.h"
#include "studies/faster.h"
#include "studies/gan_stability.h"
#include "studies/gradient_flow.h"
#include "studies/identity.h"
#include "studies/initialisation.h"
#include "studies/input_standardisation.h"
#include "studies/learning_rate.h"
#include "studies/own_kernels.h"
#include "studies/regularisation.h"
#include "studies/stacked_modes.h"
#include "studies/study.h"

namespace dcgan {

const std::vector<const Study*>& all_studies() {
  static const std::vector<const Study*> studies{
      &gan_stability(),   &stacked_modes(),        &batch_mixing(),   &own_kernels(),
      &faster(),          &learning_rate(),        &initialisation(), &activations(),
      &depth(),           &regularisation(),       &gradient_flow(),  &identity(),
      &covariate_shift(), &input_standardisation()};
  return studies;
}

const Study& find_study(const std::string& name) {
  std::vector<std::string> names;
  for (const Study* study : all_studies()) {
    if (study->name() == name) return *study;
    names.push_back(study->name());
  }
  const std::string nearest = nearest_name(name, names);
  throw UsageError(fmt::format("unknown study '{}'{} (dcgan study list)", name,
                               nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

}  // namespace dcgan
