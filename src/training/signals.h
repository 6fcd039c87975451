#pragma once

namespace dcgan {

/// While it lives, SIGINT and SIGTERM ask for a stop after the running step; a second one ends the
/// program at once. One at a time.
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
