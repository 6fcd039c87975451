#pragma once

#include "studies/study.h"

namespace dcgan {

/// Can batch norm restore the raw activation, and does it learn to?
const Study& identity();

}  // namespace dcgan
