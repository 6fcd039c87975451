#pragma once

#include <filesystem>
#include <vector>

namespace dcgan {

/// Whether `path` holds results of studies: a results.jsonl, or folders that do.
bool holds_studies(const std::filesystem::path& path);

struct StudyReport {
  std::filesystem::path html;
  std::filesystem::path markdown;
  std::filesystem::path csv;
};

/// Writes report.html (self-contained), report.md, results.csv and figures/*.svg to `out` from the
/// results in `folders`: study folders, folders of them, or shards of one. Prints what was passed
/// over. Throws Error.
StudyReport write_study_report(const std::vector<std::filesystem::path>& folders,
                               const std::filesystem::path& out);

}  // namespace dcgan
