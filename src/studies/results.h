#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "studies/study.h"

namespace dcgan {

/// results.jsonl of a study folder: one strict JSON object a finished cell, appended and fsynced.
class ResultsFile {
 public:
  explicit ResultsFile(std::filesystem::path path) : path_(std::move(path)) {}

  struct Content {
    std::vector<nlohmann::json> records;
    /// One line each for the user: a torn last line, records of another version.
    std::vector<std::string> remarks;
  };
  /// Whole lines; a torn last line, as a kill leaves it, is passed over and said. Records of
  /// another version of the study are left out and said. A missing file has no records. Throws
  /// DataError on a damaged line before the last.
  Content read(const Study& study) const;

  /// Throws DiskError when the disk refuses. Removes a torn last line first.
  void append(const nlohmann::json& record) const;

  /// Keeps other programs off this shard's cells until the returned object dies, or the process,
  /// however it dies. Throws UsageError if one is at work on any of them.
  std::shared_ptr<void> lock(int64_t shard, int64_t shards) const;

 private:
  std::filesystem::path path_;
};

/// What every record says beside its measurements.
void describe_machine(nlohmann::json& record);

/// The records of one study out of several folders (shards), each cell once, ordered by key.
std::vector<nlohmann::json> merged_results(const Study& study,
                                           const std::vector<std::filesystem::path>& folders,
                                           std::vector<std::string>& remarks);

}  // namespace dcgan
