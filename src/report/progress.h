#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "report/metrics_log.h"

namespace dcgan {

enum class ProgressStyle {
  kQuiet,
  kText,
  kJson,       // an object a line, for programs
  kQuietJson,  // of these the warnings
};

/// Progress on stderr: one live line on a terminal; elsewhere (a file, a pipe, TERM=dumb) whole
/// lines without control codes, at most one in ten seconds beside the first and the last.
class Progress {
 public:
  /// Counts from `done` of `total` steps, or of whatever `unit` says.
  Progress(int64_t done, int64_t total, ProgressStyle style, std::string unit = "step");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// True if a call of `update` would show something: spare computing the text otherwise.
  bool due(int64_t step) const;

  /// Shows `details` behind step and time left; as JSON, `values`.
  void update(int64_t step, const std::string& details, const Metrics& values = {});

  /// A line of its own, above the live line; shown unless quiet.
  void message(const std::string& text);

  /// "warning: " and the text as such a line; in the quiet style too.
  void warning(const std::string& text);

  /// Ends the live line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  int64_t first_;
  int64_t total_;
  ProgressStyle style_;
  std::string unit_;
  bool live_;
  bool line_open_ = false;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_shown_{};
};

/// Shows the progress of work that mostly is done at once: nothing within the first second. Call it
/// with what is done and what there is.
std::function<void(int64_t done, int64_t total)> delayed_progress(ProgressStyle style,
                                                                  const std::string& unit,
                                                                  const std::string& details);

}  // namespace dcgan
