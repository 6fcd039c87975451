#pragma once

#include "studies/study.h"

namespace dcgan {

/// Does batch norm train better because its layers' inputs drift less, or because the loss is
/// smoother along the step?
const Study& covariate_shift();

}  // namespace dcgan
