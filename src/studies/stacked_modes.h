#pragma once

#include "studies/study.h"

namespace dcgan {

/// Modes drawn out of 1,000 on stacked digits, with and without batch norm.
const Study& stacked_modes();

}  // namespace dcgan
