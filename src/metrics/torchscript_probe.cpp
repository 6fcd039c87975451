#include "metrics/torchscript_probe.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "metrics/torchscript_features.h"

namespace dcgan {

std::string problem_of_torchscript(const std::filesystem::path& path) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe could be made";
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  const std::string program = executable_path().string();
  const std::string file = path.string();
  std::vector<char*> arguments{const_cast<char*>(program.c_str()),         // NOLINT
                               const_cast<char*>(kProbeTorchscript),       // NOLINT
                               const_cast<char*>(file.c_str()), nullptr};  // NOLINT
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; failed == 0 && (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    if (text.size() < 100'000) text.append(buffer, static_cast<size_t>(n));
  }
  ::close(ends[0]);
  if (failed != 0) return "no child process could be started";
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return fmt::format("loading it crashes (signal {})", WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return "";
  const std::string reason = printable(first_line(text));
  return reason.empty() ? "it cannot be loaded" : reason;
}

int probe_torchscript(const std::filesystem::path& path) {
  try {
    load_torchscript_features(path);
    return 0;
  } catch (const c10::Error& error) {
    std::fprintf(stderr, "no TorchScript module that can be loaded (%s)\n",
                 first_line(error.what_without_backtrace()).substr(0, 200).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", first_line(error.what()).substr(0, 300).c_str());
  }
  return 1;
}

}  // namespace dcgan
