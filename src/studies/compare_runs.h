#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dcgan {

/// Two or more finished runs side by side.
struct RunComparison {
  /// Head first, one column a run: sample standard deviation over latents, FID, losses, D(x),
  /// D(G(z)), gradient norms.
  std::vector<std::vector<std::string>> table;
};

/// Reads the newest checkpoint and the metrics of each run folder and writes `picture` (.png or
/// .jpg): a grid of each generator from the same latents, titled. Throws Error naming run and
/// reason.
RunComparison compare_runs(const std::vector<std::filesystem::path>& runs,
                           const std::filesystem::path& picture);

}  // namespace dcgan
