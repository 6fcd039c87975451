#pragma once

#include "studies/study.h"

namespace dcgan {

/// Do networks train as well on this project's convolution kernels as on LibTorch's operators?
const Study& own_kernels();

}  // namespace dcgan
