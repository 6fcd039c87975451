#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace dcgan {

/// Progress on stderr: one live line on a terminal; elsewhere (a file, a pipe, TERM=dumb) whole
/// lines without control codes, at most one in ten seconds beside the first and the last.
class Progress {
 public:
  /// Counts from `done` of `total` steps.
  Progress(int64_t done, int64_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// True if a call of `update` would show something: spare computing the text otherwise.
  bool due(int64_t step) const;

  /// Shows `details` behind step, rate and time left.
  void update(int64_t step, const std::string& details);

  /// A line of its own, above the live line.
  void message(const std::string& text);

  /// Ends the live line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  int64_t first_;
  int64_t total_;
  bool quiet_;
  bool live_;
  bool line_open_ = false;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_shown_{};
};

}  // namespace dcgan
