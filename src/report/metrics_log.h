#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace dcgan {

/// The entries of one log line, in the order in which they are written.
using Metrics = std::vector<std::pair<std::string, std::variant<double, std::string>>>;

/// One strict JSON object without the line's end: numbers that are not finite as null.
std::string metrics_to_json(const Metrics& metrics);

/// Writes metrics.jsonl or a file like it: one strict JSON object a line, numbers that are not
/// finite as null, each line flushed as it is written.
class MetricsLog {
 public:
  /// Continues `path` after step `last_step`: lines of later steps, and a torn last line, left by a
  /// run that was stopped after its last checkpoint, are removed.
  MetricsLog(std::filesystem::path path, int64_t last_step);

  /// `metrics` must begin with "step". Throws DiskError when the disk refuses.
  void write(const Metrics& metrics);

 private:
  std::filesystem::path path_;
};

/// The lines of a metrics.jsonl; a torn last line is left out. A null is NaN. Throws UsageError if
/// the file cannot be read.
std::vector<Metrics> read_metrics(const std::filesystem::path& path);

/// The number `name`, or NaN.
double find_metric(const Metrics& metrics, const std::string& name);

}  // namespace dcgan
