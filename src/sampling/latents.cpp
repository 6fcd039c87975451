#include "sampling/latents.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <charconv>
#include <numeric>
#include <optional>

#include "common/error.h"
#include "models/random.h"

namespace dcgan {
namespace {

constexpr uint64_t kMostSeeds = 1'000'000;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

at::Tensor latents_of_seeds(const std::vector<uint64_t>& seeds, int64_t nz) {
  at::Tensor latents = torch::empty({static_cast<int64_t>(seeds.size()), nz});
  for (size_t i = 0; i < seeds.size(); ++i) {
    at::Tensor row = latents[static_cast<int64_t>(i)];
    RandomStream(seeds[i], "latent").fill_normal(row, 0, 1);
  }
  return latents;
}

at::Tensor training_latents(uint64_t seed, int64_t step, int64_t count, int64_t nz) {
  at::Tensor latents = torch::empty({count, nz});
  RandomStream(seed, "training latents")
      .substream(static_cast<uint64_t>(step))
      .fill_normal(latents, 0, 1);
  return latents;
}

std::vector<uint64_t> parse_seeds(const std::string& text, const std::string& option) {
  std::vector<uint64_t> seeds;
  std::string_view rest = text;
  while (true) {
    const size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    const size_t dash = item.find('-');
    const auto first = parse_number(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(item.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= kMostSeeds ||
        seeds.size() + (*last - *first) >= kMostSeeds) {
      throw UsageError(fmt::format("{} {}: expected seeds as in 5 or 5-68 or 0,1,7-9 (at most {})",
                                   option, text, kMostSeeds));
    }
    for (uint64_t s = *first;; ++s) {
      seeds.push_back(s);
      if (s == *last) break;
    }
    if (comma == std::string_view::npos) return seeds;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<uint64_t> seed_range(uint64_t first, int64_t count) {
  std::vector<uint64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

}  // namespace dcgan
