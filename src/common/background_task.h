#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <utility>

namespace dcgan {

/// One task at a time on a thread of its own. What a task throws is thrown by the next call of
/// start, check or wait; the destructor waits and throws nothing.
class BackgroundTask {
 public:
  /// Waits for the task before.
  void start(std::function<void()> task) {
    wait();
    running_ = std::async(std::launch::async, std::move(task));
  }

  /// Throws what went wrong, if the task has ended; waits for nothing.
  void check() {
    const bool ended =
        running_.valid() && running_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    if (ended) running_.get();
  }

  void wait() {
    if (running_.valid()) running_.get();
  }

 private:
  std::future<void> running_;  // of std::async: its destructor waits
};

}  // namespace dcgan
