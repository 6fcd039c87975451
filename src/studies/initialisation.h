#pragma once

#include "studies/study.h"

namespace dcgan {

/// Does batch norm make training insensitive to the scale of the initial weights?
const Study& initialisation();

}  // namespace dcgan
