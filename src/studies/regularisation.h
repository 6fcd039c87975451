#pragma once

#include "studies/study.h"

namespace dcgan {

/// Does batch norm regularise, and can dropout go down where it is?
const Study& regularisation();

}  // namespace dcgan
