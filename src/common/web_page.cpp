#include "common/web_page.h"

#include <algorithm>
#include <array>
#include <string>

namespace dcgan {

bool is_web_page(std::string_view start) {
  constexpr std::array<std::string_view, 3> kBeginnings{"<!doc", "<html", "<?xml"};
  constexpr size_t kLeast = 4;
  std::string lower(start.substr(0, kBeginnings[0].size()));
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');  // the same under every locale
  }
  return lower.size() >= kLeast &&
         std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return beginning.starts_with(lower); });
}

}  // namespace dcgan
