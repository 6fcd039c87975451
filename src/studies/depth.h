#pragma once

#include "studies/study.h"

namespace dcgan {

/// Does batch norm make deep networks trainable?
const Study& depth();

}  // namespace dcgan
