#pragma once

#include "training/train_request.h"

namespace dcgan {

/// What `train` would do, without doing it: opens the data, prints what they are, the networks'
/// layers, the work and memory of a step and, from a few steps on noise, how long the run would
/// take. Writes no file. Throws as train() does.
void dry_run(TrainRequest request);

}  // namespace dcgan
