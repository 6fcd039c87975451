// The program's threads, free of LibTorch: ./run check threads runs this under the thread
// sanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/background_task.h"
#include "common/parallel.h"
#include "common/read_ahead.h"

namespace dcgan {
namespace {

TEST(ReadAhead, GivesWhatIsProducedInOrder) {
  std::vector<int> made;  // of the reader's thread, as the loader's position is
  ReadAhead<std::vector<int>> ahead(
      [&made] {
        made.push_back(static_cast<int>(made.size()));
        return made;
      },
      3);
  for (size_t i = 1; i <= 200; ++i) {
    const std::vector<int> taken = ahead.take();
    ASSERT_EQ(taken.size(), i);
    EXPECT_EQ(taken.back(), static_cast<int>(i) - 1);
  }
}

TEST(ReadAhead, IsNeverFurtherAheadThanItsCapacity) {
  std::atomic<int> produced{0};
  ReadAhead<int> ahead([&produced] { return ++produced; }, 2);
  for (int taken = 1; taken <= 100; ++taken) {
    EXPECT_EQ(ahead.take(), taken);
    std::this_thread::yield();
    // Two lie ready, and a third may be waiting for its place.
    EXPECT_LE(produced.load(), taken + 3);
  }
}

TEST(ReadAhead, FailsAfterWhatWasReadBefore) {
  int count = 0;
  ReadAhead<int> ahead(
      [&count] {
        if (count == 5) throw std::runtime_error("gone");
        return count++;
      },
      10);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ahead.take(), i);
  for (int again = 0; again < 2; ++again) EXPECT_THROW(ahead.take(), std::runtime_error);
}

TEST(ReadAhead, EndsAtAnyMoment) {
  for (int taken = 0; taken < 50; ++taken) {
    ReadAhead<int> ahead([n = 0]() mutable { return n++; }, 2);
    for (int i = 0; i < taken % 5; ++i) ahead.take();
  }
}

TEST(BackgroundTask, ThrowsOnceWhatTheTaskThrew) {
  BackgroundTask task;
  task.check();
  task.wait();
  task.start([] { throw std::runtime_error("no room"); });
  EXPECT_THROW(task.wait(), std::runtime_error);
  EXPECT_NO_THROW(task.wait());
  task.start([] { throw std::runtime_error("no room"); });
  EXPECT_THROW(
      while (true) {
        task.check();
        std::this_thread::yield();
      },
      std::runtime_error);
  task.start([] { throw std::runtime_error("no room"); });
  EXPECT_THROW(task.start([] {}), std::runtime_error);
}

TEST(BackgroundTask, OneIsDoneBeforeTheNextBegins) {
  // As the checkpoint's copy: written by the caller between tasks, read by the task.
  std::vector<int> memory(1000);
  long sum = 0;
  BackgroundTask task;
  for (int round = 1; round <= 50; ++round) {
    task.wait();
    EXPECT_EQ(sum, 1000L * (round - 1));
    std::fill(memory.begin(), memory.end(), round);
    task.start([&] { sum = std::accumulate(memory.begin(), memory.end(), 0L); });
  }
  task.wait();
  EXPECT_EQ(sum, 50'000);
}

TEST(ParallelFor, DoesEveryPartOnce) {
  for (const int workers : {1, 2, 8}) {
    std::vector<int> done(1000);
    int64_t reported = 0;
    parallel_for(
        1000, workers, [&](int64_t i) { ++done[static_cast<size_t>(i)]; },
        [&](int64_t count) { reported = count; });
    for (const int count : done) EXPECT_EQ(count, 1);
    EXPECT_LE(reported, 1000);
  }
}

TEST(ParallelFor, ThrowsWhatAPartThrowsAndStops) {
  for (const int workers : {1, 4}) {
    std::atomic<int> calls{0};
    EXPECT_THROW(parallel_for(1000, workers,
                              [&](int64_t i) {
                                ++calls;
                                if (i == 10) throw std::runtime_error("10");
                              }),
                 std::runtime_error);
    // Others may be through with the rest before the exception is on its way.
    if (workers == 1) EXPECT_EQ(calls.load(), 11);
  }
}

}  // namespace
}  // namespace dcgan
