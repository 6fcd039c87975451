#pragma once

#include <ATen/Parallel.h>

namespace dcgan {

/// While it lives, LibTorch's operators called from this thread work on one thread. A sum that is
/// split among threads rounds by their number, and an eigenvalue solver by which of them was late;
/// a distance that decides which checkpoint is kept must not.
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
