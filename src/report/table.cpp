#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace dcgan {

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows[r].size(); ++c) {
      text += c == 0 ? fmt::format("{:<{}}", rows[r][c], widths[c])
                     : fmt::format("  {:>{}}", rows[r][c], widths[c]);
    }
    text += "\n";
    if (r == 0) {
      size_t total = 0;
      for (const size_t width : widths) total += width;
      text += std::string(total + 2 * (widths.size() - 1), '-') + "\n";
    }
  }
  return text;
}

}  // namespace dcgan
