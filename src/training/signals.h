#pragma once

namespace dcgan {

/// While it lives, SIGINT, SIGTERM and SIGHUP (a closed terminal) ask for a stop after the running
/// step; a second one ends the program at once. SIGUSR1, which some queues send ahead of a time
/// limit, asks for a checkpoint and nothing else. SIGPIPE is ignored. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that asked for a stop, or 0.
  int received() const;

  /// Whether SIGUSR1 came since the last call.
  bool take_save_request();
};

}  // namespace dcgan
