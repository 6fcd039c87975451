#pragma once

namespace dcgan {

/// While it lives, SIGINT, SIGTERM and SIGHUP (a closed terminal) ask for a stop after the running
/// step; a second one ends the program at once. SIGPIPE is ignored. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that asked for a stop, or 0.
  int received() const;
};

}  // namespace dcgan
