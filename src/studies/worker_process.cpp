#include "studies/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "common/error.h"
#include "common/file.h"
#include "studies/runner.h"

namespace dcgan {
namespace {

void close_pipe_end(int& descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

}  // namespace

void WorkerProcess::give(const Cell& cell, const std::string& film) {
  cell_ = cell;
  text_.clear();
  const nlohmann::json task{{"study", cell.study},       {"stage", cell.stage}, {"arm", cell.arm},
                            {"settings", cell.settings}, {"seed", cell.seed},   {"film", film}};
  const std::string line = task.dump() + "\n";
  // A worker that is gone is noticed when its output ends.
  [[maybe_unused]] const ssize_t n = ::write(to_, line.data(), line.size());
}

std::optional<nlohmann::json> WorkerProcess::take() {
  char buffer[65536];
  const ssize_t n = ::read(from_, buffer, sizeof(buffer));
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (n <= 0) {
    nlohmann::json record{{"error", restart()}};
    cell_.reset();
    return record;
  }
  text_.append(buffer, static_cast<size_t>(n));
  if (text_.back() != '\n') return {};
  nlohmann::json record = nlohmann::json::parse(text_);
  cell_.reset();
  return record;
}

void WorkerProcess::start() {
  int input[2] = {-1, -1};
  int output[2] = {-1, -1};
  if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) {
    close_pipe_end(input[0]);
    close_pipe_end(input[1]);
    throw UsageError("cannot start a worker process: no pipes");
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  const std::string program = executable_path().string();
  char* arguments[] = {const_cast<char*>(program.c_str()),         // NOLINT
                       const_cast<char*>(kStudyWorker), nullptr};  // NOLINT
  pid_t process = -1;
  const int failed =
      ::posix_spawn(&process, program.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  close_pipe_end(input[0]);
  close_pipe_end(output[1]);
  to_ = input[1];
  from_ = output[0];
  if (failed != 0) {
    end(/*kill=*/false);
    throw UsageError("cannot start a worker process of " + program);
  }
  process_ = process;
}

int WorkerProcess::end(bool kill) {
  close_pipe_end(to_);
  close_pipe_end(from_);
  int status = 0;
  // kill(-1) would go to every process of the user.
  const pid_t process = std::exchange(process_, -1);
  if (process > 0) {
    if (kill) ::kill(process, SIGKILL);
    ::waitpid(process, &status, 0);
  }
  return status;
}

std::string WorkerProcess::restart() {
  const int status = end(/*kill=*/false);
  start();
  return WIFSIGNALED(status) ? fmt::format("the process was killed by signal {}", WTERMSIG(status))
                             : fmt::format("the process ended with code {}", WEXITSTATUS(status));
}

}  // namespace dcgan
