#include "training/signals.h"

#include <unistd.h>

#include <csignal>

namespace dcgan {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

volatile std::sig_atomic_t save_requested = 0;

void on_save_request(int /*signal*/) { save_requested = 1; }

void on_signal(int signal) {
  if (stop_signal != 0) {
    ::_exit(128 + signal);
  }
  stop_signal = signal;
}

}  // namespace

StopSignals::StopSignals() {
  stop_signal = 0;
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
  save_requested = 0;
  action.sa_handler = on_save_request;
  ::sigaction(SIGUSR1, &action, nullptr);
  // A reader of our progress that goes away must not take the training with it.
  std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGHUP, SIG_DFL);
  // A request to save never ends the program: what there is, is saved.
  std::signal(SIGUSR1, SIG_IGN);
  // SIGPIPE stays ignored: the last lines must not decide the exit code.
}

bool StopSignals::take_save_request() {
  const bool requested = save_requested != 0;
  save_requested = 0;
  return requested;
}

int StopSignals::received() const { return stop_signal; }

}  // namespace dcgan
