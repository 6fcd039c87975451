// Runs the tasks of a kernel on the program's threads.
//
// The kernels cut their work into tasks by the shape alone and never ask how many threads there
// are; who runs which task is decided here. So results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <type_traits>

namespace dcgan::kernels {

// A reference to a callable `void(int64_t begin, int64_t end)` that works on the tasks
// [begin, end). Unlike std::function it never allocates; it must not outlive the callable.
class TaskFunction {
 public:
  template <class Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, TaskFunction>)
  TaskFunction(const Callable& callable)  // NOLINT(google-explicit-constructor): a view
      : callable_(&callable), invoke_([](const void* object, int64_t begin, int64_t end) {
          (*static_cast<const Callable*>(object))(begin, end);
        }) {}

  void operator()(int64_t begin, int64_t end) const { invoke_(callable_, begin, end); }

 private:
  const void* callable_;
  void (*invoke_)(const void*, int64_t, int64_t);
};

// Calls `function` with ranges that together cover [0, tasks) exactly once, from one or several
// threads, and returns when all are done. Consecutive tasks go to one thread where possible.
// `function` must not throw.
void parallel_for(int64_t tasks, TaskFunction function);

}  // namespace dcgan::kernels
