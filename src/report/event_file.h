#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/config.h"
#include "report/metrics_log.h"

namespace dcgan {

/// Writes a TensorBoard event file (events.out.tfevents.*): records (see tfrecord.h), each an
/// Event message of TensorFlow's event.proto. Every record is appended with one write, so what a
/// killed process leaves is whole but for its last record.
class EventFile {
 public:
  /// Continues `path` after step `last_step`: records of later steps, and a torn tail, left by a
  /// run that was stopped after its last checkpoint, are removed. A new file begins with the
  /// hyper-parameters `options`.
  EventFile(std::filesystem::path path, int64_t last_step, const std::vector<ConfigEntry>& options);

  /// The numbers of a log line that begins with "step"; those that are not finite are left out.
  /// Throws DiskError when the disk refuses, like write_png.
  void write(const Metrics& metrics);

  /// The PNG picture of a file as image `tag`.
  void write_png(int64_t step, const std::string& tag, const std::filesystem::path& picture);

 private:
  void append(const std::string& event);

  std::filesystem::path path_;
};

}  // namespace dcgan
