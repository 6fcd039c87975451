#pragma once

#include <string>

#include "studies/study.h"

namespace dcgan {

/// The figure as SVG, for papers and the README: lines and bars with their intervals, a heat map
/// with the settings marked where runs failed, or panels of points side by side. "" for a table,
/// which report.md has as text. Readable on light and on dark pages.
std::string figure_svg(const Figure& figure);

}  // namespace dcgan
