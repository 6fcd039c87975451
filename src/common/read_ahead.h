#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace dcgan {

/// Calls `produce` on a thread of its own, up to `capacity` results ahead of the one who takes
/// them; they come in order. What `produce` throws is thrown by take() once the results before it
/// are gone, and by every take() from then on. The destructor waits for the call under way.
template <typename T>
class ReadAhead {
 public:
  ReadAhead(std::function<T()> produce, size_t capacity)
      : produce_(std::move(produce)),
        capacity_(capacity),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  T take() {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
    waited_ += std::chrono::duration<double>(Clock::now() - start).count();
    if (ready_.empty()) std::rethrow_exception(failure_);
    T result = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
    return result;
  }

  /// Seconds that take() had to wait, all in all; of the thread that takes.
  double seconds_waited() const { return waited_; }

 private:
  void run(const std::stop_token& stop) {
    try {
      while (!stop.stop_requested()) {
        T result = produce_();
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return ready_.size() < capacity_; })) return;
        ready_.push_back(std::move(result));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  std::function<T()> produce_;
  size_t capacity_;
  double waited_ = 0;
  // Shared by both threads, guarded by the mutex.
  std::deque<T> ready_;
  std::exception_ptr failure_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace dcgan
