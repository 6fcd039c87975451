#include "studies/figure_json.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/parse_number.h"
#include "report/html_page.h"
#include "studies/figure_svg.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const char* kind_name(Figure::Kind kind) {
  switch (kind) {
    case Figure::Kind::kHeatmap:
      return "heatmap";
    case Figure::Kind::kBars:
      return "bars";
    case Figure::Kind::kTable:
      return "table";
    case Figure::Kind::kPanels:
      return "picture";
    case Figure::Kind::kLines:
      break;
  }
  return "lines";
}

// JSON has no NaN: null.
json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) {
    if (std::isfinite(value)) {
      list.push_back(value);
    } else {
      list.push_back(nullptr);
    }
  }
  return list;
}

}  // namespace

json figure_json(const Figure& figure) {
  if (figure.kind == Figure::Kind::kPanels) {
    return {{"kind", "picture"}, {"title", figure.title}, {"svg", figure_svg(figure)}};
  }
  json series = json::array();
  for (const Figure::Series& s : figure.series) {
    series.push_back({{"name", s.name},
                      {"x", numbers(s.x)},
                      {"y", numbers(s.y)},
                      {"low", numbers(s.low)},
                      {"high", numbers(s.high)},
                      {"notes", s.notes}});
  }
  return {{"kind", kind_name(figure.kind)}, {"title", figure.title},
          {"x_label", figure.x_label},      {"y_label", figure.y_label},
          {"log_x", figure.log_x},          {"log_y", figure.log_y},
          {"x_names", figure.x_names},      {"series", std::move(series)}};
}

json film_frames(const fs::path& folder, uint64_t most_bytes) {
  constexpr size_t kMostFrames = 60;
  std::vector<fs::path> pictures;
  uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".png") continue;
    pictures.push_back(entry.path());
    bytes += entry.file_size(error);
  }
  std::sort(pictures.begin(), pictures.end());
  // Evenly thinned; the first and the last stay.
  const size_t fitting =
      bytes <= most_bytes
          ? pictures.size()
          : static_cast<size_t>(static_cast<double>(pictures.size()) *
                                static_cast<double>(most_bytes) / static_cast<double>(bytes));
  const size_t count = std::min({pictures.size(), kMostFrames, std::max<size_t>(fitting, 2)});
  json frames = json::array();
  for (size_t i = 0; i < count; ++i) {
    const fs::path& picture = pictures[count == 1 ? 0 : i * (pictures.size() - 1) / (count - 1)];
    frames.push_back({{"step", parse_number<int64_t>(picture.stem().string()).value_or(0)},
                      {"image", image_url(picture.string())}});
  }
  return frames;
}

}  // namespace dcgan
