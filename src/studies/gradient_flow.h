#pragma once

#include "studies/study.h"

namespace dcgan {

/// Is the gradient through the batch's statistics needed, and are centring and scaling?
const Study& gradient_flow();

}  // namespace dcgan
