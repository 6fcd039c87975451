#include "sampling/seeds.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/parse_number.h"

namespace dcgan {
namespace {

constexpr uint64_t kMostSeeds = 1'000'000;

}  // namespace

std::vector<uint64_t> parse_seeds(const std::string& text, const std::string& option) {
  std::vector<uint64_t> seeds;
  std::string_view rest = text;
  while (true) {
    const size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    const size_t dash = item.find('-');
    const auto first = parse_number<uint64_t>(item.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<uint64_t>(item.substr(dash + 1));
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

}  // namespace dcgan
