#include "models/kernels/parallel.h"

#include <ATen/Parallel.h>

namespace dcgan::kernels {

void parallel_for(int64_t tasks, TaskFunction function) {
  at::parallel_for(0, tasks, 1, [&](int64_t begin, int64_t end) { function(begin, end); });
}

}  // namespace dcgan::kernels
