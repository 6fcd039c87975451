#pragma once

#include <ATen/Parallel.h>

namespace dcgan {

/// While it lives, LibTorch's operators called from this thread work on one thread. Sums, products
/// and eigenvalue solvers that are split among threads round by their number; a distance that
/// decides which checkpoint is kept must not.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace dcgan
