#pragma once

#include "studies/study.h"

namespace dcgan {

/// Does batch norm allow higher learning rates, and more of them?
const Study& learning_rate();

}  // namespace dcgan
