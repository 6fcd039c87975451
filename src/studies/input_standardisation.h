#pragma once

#include "studies/study.h"

namespace dcgan {

/// Do centred, scaled and whitened inputs train faster, and does batch norm take their place?
const Study& input_standardisation();

}  // namespace dcgan
