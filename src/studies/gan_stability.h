#pragma once

#include "studies/study.h"

namespace dcgan {

/// Does batch norm make GAN training stable? Norm x initialisation x learning rate on the digits,
/// every arm at its own best, on fresh seeds.
const Study& gan_stability();

}  // namespace dcgan
