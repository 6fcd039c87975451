#include "report/grid.h"

#include <torch/types.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "report/pixels.h"

namespace dcgan {
namespace {

constexpr int64_t kMargin = 2;
constexpr int kBackground = 235;

}  // namespace

GridSize grid_size(int64_t count, int64_t height, int64_t width, int64_t columns) {
  if (columns <= 0) {
    columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  }
  const int64_t rows = (count + columns - 1) / columns;
  return {rows * (height + kMargin) + kMargin, columns * (width + kMargin) + kMargin, columns};
}

at::Tensor make_grid(const at::Tensor& images, int64_t columns) {
  const int64_t count = images.size(0);
  const int64_t height = images.size(1);
  const int64_t width = images.size(2);
  const int64_t channels = images.size(3);
  const GridSize size = grid_size(count, height, width, columns);
  at::Tensor grid = torch::full({size.height, size.width, channels}, kBackground, torch::kUInt8);
  if (channels == 2 || channels == 4) {
    grid.select(2, channels - 1).fill_(255);  // margins are opaque
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t top = kMargin + i / size.columns * (height + kMargin);
    const int64_t left = kMargin + i % size.columns * (width + kMargin);
    grid.narrow(0, top, height).narrow(1, left, width).copy_(images[i]);
  }
  return grid;
}

at::Tensor side_by_side(const std::vector<at::Tensor>& pictures,
                        const std::vector<std::string>& titles) {
  constexpr int kTitleHeight = 36;
  constexpr int kGap = 16;
  constexpr int64_t kLeastWidth = 420;
  std::vector<cv::Mat> columns;
  for (size_t i = 0; i < pictures.size(); ++i) {
    at::Tensor rgb = pictures[i];
    if (rgb.size(2) % 2 == 0) rgb = blend_on_white(rgb);
    if (rgb.size(2) == 1) rgb = rgb.expand({-1, -1, 3});
    const int64_t factor = std::max<int64_t>(1, (kLeastWidth + rgb.size(1) - 1) / rgb.size(1));
    rgb = rgb.repeat_interleave(factor, 0).repeat_interleave(factor, 1).contiguous();
    const cv::Mat picture(static_cast<int>(rgb.size(0)), static_cast<int>(rgb.size(1)), CV_8UC3,
                          rgb.data_ptr());
    cv::Mat column(picture.rows + kTitleHeight + kGap, picture.cols + 2 * kGap, CV_8UC3,
                   cv::Scalar::all(255));
    picture.copyTo(column(cv::Rect(kGap, kTitleHeight, picture.cols, picture.rows)));
    // The title is shrunk until it fits above its picture.
    double size = 0.6;
    int baseline = 0;
    const int text_width =
        cv::getTextSize(titles[i], cv::FONT_HERSHEY_SIMPLEX, size, 1, &baseline).width;
    if (text_width > picture.cols) size *= static_cast<double>(picture.cols) / text_width;
    cv::putText(column, titles[i], {kGap, kTitleHeight - 12}, cv::FONT_HERSHEY_SIMPLEX, size,
                cv::Scalar::all(30), 1, cv::LINE_AA);
    columns.push_back(column);
  }
  cv::Mat all;
  cv::hconcat(columns, all);
  return torch::from_blob(all.data, {all.rows, all.cols, 3}, torch::kUInt8).clone();
}

}  // namespace dcgan
