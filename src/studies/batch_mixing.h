#pragma once

#include "studies/study.h"

namespace dcgan {

/// Must real and generated images go through the discriminator in separate batches?
const Study& batch_mixing();

}  // namespace dcgan
