#pragma once

#include <cstdint>
#include <functional>

namespace dcgan {

/// Processors this process may run on.
int available_processors();

/// Calls work(i) for every i in [0, count), on `workers` threads of which the caller is one; each
/// takes the next i when it is done with one. `between`, if given, is called by the caller after
/// each of its own. An exception of `work` ends the loop and is thrown here.
void parallel_for(int64_t count, int workers, const std::function<void(int64_t)>& work,
                  const std::function<void(int64_t done)>& between = {});

}  // namespace dcgan
