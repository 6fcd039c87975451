#include "common/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace dcgan {

int available_processors() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

void parallel_for(int64_t count, int workers, const std::function<void(int64_t)>& work,
                  const std::function<void(int64_t)>& between) {
  std::atomic<int64_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&](bool is_caller) {
    for (int64_t i = next++; i < count; i = next++) {
      try {
        work(i);
        if (is_caller && between) between(std::min(next.load(), count));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    const int64_t others = std::min<int64_t>(workers, count) - 1;
    threads.reserve(static_cast<size_t>(std::max<int64_t>(others, 0)));
    for (int64_t t = 0; t < others; ++t) threads.emplace_back(run, false);
    run(true);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace dcgan
