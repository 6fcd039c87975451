#pragma once

#include "studies/study.h"

namespace dcgan {

/// Does batch norm make saturating nonlinearities usable, in deep networks and in the DCGAN?
const Study& activations();

}  // namespace dcgan
