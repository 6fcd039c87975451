#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dcgan {

/// Writes `out`, one self-contained HTML file: of one run its curves (metrics.jsonl), the film of
/// its samples and its options; of several the same curves with one line a run, their films with
/// one slider, the options in which they differ, and the table `comparison` (head first, one column
/// a run; may be empty). Throws Error naming run and reason.
void write_run_page(const std::vector<std::filesystem::path>& runs,
                    std::vector<std::vector<std::string>> comparison,
                    const std::filesystem::path& out);

}  // namespace dcgan
