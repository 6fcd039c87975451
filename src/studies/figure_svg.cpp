#include "studies/figure_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dcgan {
namespace {

constexpr std::array<const char*, 8> kColours{"#3b6fd4", "#c2543a", "#3f9a6b", "#8a63c9",
                                              "#b58a1e", "#3a8fa3", "#a0527f", "#6b7280"};
constexpr double kWidth = 760;
constexpr double kLeft = 64;
constexpr double kRight = 150;
constexpr double kTop = 44;

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == '<' ? "&lt;" : c == '&' ? "&amp;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return result;
}

std::string text_at(double x, double y, const std::string& text, const char* anchor = "start",
                    const char* more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>", x, y, anchor,
                     more, escaped(text));
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>", x1, y1,
                     x2, y2, style);
}

std::string document(double height, const std::string& title, const std::string& body) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" "
      "role=\"img\" aria-label=\"{2}\"><style>text{{font:13px system-ui,sans-serif;fill:#444}}"
      ".t{{font-weight:600}}.k{{fill:#111}}@media(prefers-color-scheme:dark)"
      "{{text{{fill:#ccc}}.k{{fill:#111}}}}</style>{3}{4}</svg>\n",
      kWidth, height, escaped(title), text_at(12, 22, title, "start", " class=\"t\""), body);
}

std::string number(double value) {
  if (!std::isfinite(value)) return "-";
  return std::abs(value) >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

// An axis from data to pixels.
class Axis {
 public:
  Axis(double least, double most, bool log, double first, double last)
      : log_(log), first_(first), last_(last) {
    low_ = map(least);
    high_ = map(most);
    const double margin = high_ > low_ ? 0.06 * (high_ - low_) : 0.5;
    low_ -= margin;
    high_ += margin;
  }
  double at(double value) const {
    return first_ + (map(value) - low_) / (high_ - low_) * (last_ - first_);
  }
  // Round values inside.
  std::vector<double> ticks() const {
    std::vector<double> found;
    if (log_) {
      const auto last = static_cast<int>(std::ceil(high_));
      for (auto power = static_cast<int>(std::floor(low_)); power <= last; ++power) {
        for (const double digit : {1.0, 3.0}) {
          const double place = power + std::log10(digit);
          if (place >= low_ && place <= high_) found.push_back(digit * std::pow(10.0, power));
        }
      }
      return found;
    }
    const double rough = (high_ - low_) / 5;
    const double size = std::pow(10.0, std::floor(std::log10(rough)));
    const double step = rough > 5 * size ? 10 * size : rough > 2 * size ? 5 * size : 2 * size;
    for (int64_t i = std::llround(std::ceil(low_ / step)); static_cast<double>(i) * step <= high_;
         ++i) {
      found.push_back(static_cast<double>(i) * step);
    }
    return found;
  }

 private:
  double map(double value) const { return log_ ? std::log10(std::max(value, 1e-12)) : value; }
  bool log_;
  double first_;
  double last_;
  double low_;
  double high_;
};

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  void add(double value) {
    if (!std::isfinite(value)) return;
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

std::string legend(const Figure& figure) {
  std::string text;
  for (size_t i = 0; i < figure.series.size(); ++i) {
    const double y = kTop + 22 * static_cast<double>(i);
    text += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{}\"/>",
                        kWidth - kRight + 10, y, kColours[i % kColours.size()]);
    text += text_at(kWidth - kRight + 28, y + 11, figure.series[i].name);
  }
  return text;
}

std::string whisker(double x, double low, double high, const char* colour) {
  const std::string style = fmt::format("stroke=\"{}\" stroke-width=\"1.5\"", colour);
  return line(x, low, x, high, style) + line(x - 4, low, x + 4, low, style) +
         line(x - 4, high, x + 4, high, style);
}

std::string grid_y(const Axis& y) {
  std::string text;
  for (const double tick : y.ticks()) {
    text += line(kLeft, y.at(tick), kWidth - kRight, y.at(tick), "stroke=\"#9995\"");
    text += text_at(kLeft - 6, y.at(tick) + 4, number(tick), "end");
  }
  return text;
}

std::string lines_svg(const Figure& figure) {
  constexpr double kHeight = 420;
  constexpr double kBottom = 48;
  Range xs;
  Range ys;
  for (const auto& s : figure.series) {
    for (const double x : s.x) xs.add(x);
    for (const auto* values : {&s.y, &s.low, &s.high}) {
      for (const double y : *values) ys.add(y);
    }
  }
  const Axis x(xs.least, xs.most, figure.log_x, kLeft, kWidth - kRight);
  const Axis y(ys.least, ys.most, figure.log_y, kHeight - kBottom, kTop);
  std::string body = grid_y(y);
  // The values that were run, where there are few; round ones else.
  std::vector<double> ticks = x.ticks();
  if (!figure.series.empty() && figure.series.front().x.size() <= 6)
    ticks = figure.series.front().x;
  for (const double tick : ticks) {
    body += line(x.at(tick), kTop, x.at(tick), kHeight - kBottom, "stroke=\"#9995\"");
    body += text_at(x.at(tick), kHeight - kBottom + 18, number(tick), "middle");
  }
  body += text_at((kLeft + kWidth - kRight) / 2, kHeight - 8, figure.x_label, "middle");
  body += text_at(14, kTop - 8, figure.y_label);
  for (size_t i = 0; i < figure.series.size(); ++i) {
    const auto& s = figure.series[i];
    const char* colour = kColours[i % kColours.size()];
    std::string points;
    for (size_t j = 0; j < s.x.size(); ++j) {
      if (!std::isfinite(s.y[j])) continue;
      points += fmt::format("{:.1f},{:.1f} ", x.at(s.x[j]), y.at(s.y[j]));
      body += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>",
                          x.at(s.x[j]), y.at(s.y[j]), colour);
      if (!s.low.empty()) body += whisker(x.at(s.x[j]), y.at(s.low[j]), y.at(s.high[j]), colour);
    }
    body += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
                        points, colour);
  }
  return document(kHeight, figure.title, body + legend(figure));
}

std::string bars_svg(const Figure& figure) {
  constexpr double kHeight = 360;
  constexpr double kBottom = 40;
  Range ys;
  ys.add(0);
  for (const auto& s : figure.series) {
    for (const auto* values : {&s.y, &s.high}) {
      for (const double y : *values) ys.add(y);
    }
  }
  const Axis y(0, ys.most, false, kHeight - kBottom, kTop);
  std::string body = grid_y(y);
  const double group = (kWidth - kLeft - kRight) / static_cast<double>(figure.x_names.size());
  const double bar = 0.7 * group / static_cast<double>(figure.series.size());
  for (size_t j = 0; j < figure.x_names.size(); ++j) {
    const double start = kLeft + group * (static_cast<double>(j) + 0.15);
    for (size_t i = 0; i < figure.series.size(); ++i) {
      const auto& s = figure.series[i];
      const double left = start + bar * static_cast<double>(i);
      body += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>", left,
          y.at(s.y[j]), bar * 0.92, y.at(0) - y.at(s.y[j]), kColours[i % kColours.size()]);
      if (!s.low.empty())
        body += whisker(left + bar * 0.46, y.at(s.low[j]), y.at(s.high[j]), "#777");
    }
    body += text_at(start + 0.35 * group, kHeight - kBottom + 18, figure.x_names[j], "middle");
  }
  return document(kHeight, figure.title, body + legend(figure));
}

std::string heatmap_svg(const Figure& figure) {
  constexpr double kName = 140;
  constexpr double kRow = 34;
  Range values;
  for (const auto& s : figure.series) {
    for (const double y : s.y) values.add(std::log(y));
  }
  const double cell = (kWidth - kName - 24) / static_cast<double>(figure.x_names.size());
  std::string body = text_at(12, kTop + 12, figure.x_label);
  for (size_t j = 0; j < figure.x_names.size(); ++j) {
    body += text_at(kName + cell * (static_cast<double>(j) + 0.5), kTop + 12, figure.x_names[j],
                    "middle");
  }
  double top = kTop + 22;
  for (const auto& s : figure.series) {
    body += text_at(kName - 8, top + 21, s.name, "end");
    for (size_t j = 0; j < s.y.size(); ++j) {
      const bool known = std::isfinite(s.y[j]);
      const double share =
          known ? (std::log(s.y[j]) - values.least) / std::max(values.most - values.least, 1e-9)
                : 1;
      const bool marked = j < s.notes.size() && !s.notes[j].empty() && s.notes[j].front() != '0';
      if (!known && !marked) continue;
      const double left = kName + cell * static_cast<double>(j);
      body += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" "
          "fill=\"hsl({:.0f},50%,{:.0f}%)\"{}/>",
          left + 1, top + 1, cell - 2, kRow - 2, (1 - share) * 130, 72 - 8 * share,
          marked ? " stroke=\"#b3402a\" stroke-width=\"2\"" : "");
      std::string text = known ? number(s.y[j]) : "failed";
      if (marked) text += "  x " + s.notes[j].substr(0, s.notes[j].find(" of"));
      body += text_at(left + cell / 2, top + 21, text, "middle", " class=\"k\"");
    }
    top += kRow;
  }
  return document(top + 12, figure.title, body);
}

std::string panels_svg(const Figure& figure) {
  constexpr double kGap = 16;
  const double side = (kWidth - kGap) / static_cast<double>(figure.series.size()) - kGap;
  Range values;
  for (const auto& s : figure.series) {
    for (const auto* axis : {&s.x, &s.y}) {
      for (const double value : *axis) values.add(value);
    }
  }
  const double bottom = kTop + 22 + side;
  const Axis y(values.least, values.most, false, bottom, kTop + 22);
  std::string body;
  for (size_t i = 0; i < figure.series.size(); ++i) {
    const auto& s = figure.series[i];
    const double left = kGap + (side + kGap) * static_cast<double>(i);
    const Axis x(values.least, values.most, false, left, left + side);
    body += text_at(left + side / 2, kTop + 12, s.name, "middle");
    body += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"none\" "
        "stroke=\"#9998\"/>",
        left, kTop + 22, side, side);
    // The origin, which the clouds are moved to.
    body += line(x.at(0), kTop + 22, x.at(0), bottom, "stroke=\"#9999\"");
    body += line(left, y.at(0), left + side, y.at(0), "stroke=\"#9999\"");
    for (size_t j = 0; j < s.x.size(); ++j) {
      body += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"1.8\" fill=\"{}\" fill-opacity=\"0.6\"/>",
          x.at(s.x[j]), y.at(s.y[j]), kColours[i % kColours.size()]);
    }
  }
  return document(bottom + 16, figure.title, body);
}

}  // namespace

std::string figure_svg(const Figure& figure) {
  switch (figure.kind) {
    case Figure::Kind::kHeatmap:
      return heatmap_svg(figure);
    case Figure::Kind::kBars:
      return bars_svg(figure);
    case Figure::Kind::kPanels:
      return panels_svg(figure);
    case Figure::Kind::kTable:
      return "";
    case Figure::Kind::kLines:
      break;
  }
  return lines_svg(figure);
}

}  // namespace dcgan
