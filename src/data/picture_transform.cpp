#include "data/picture_transform.h"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "common/error.h"
#include "common/parse_number.h"
#include "data/decode.h"
#include "data/left_out.h"

namespace dcgan {
namespace {

// Below this a picture is a line; enlarged it would be a smear.
constexpr int kLeastSide = 4;

// Colours where alpha is 255, the background where it is 0.
void blend(cv::Mat& plane, const cv::Mat& alpha, uint8_t background) {
  for (int y = 0; y < plane.rows; ++y) {
    uint8_t* colour = plane.ptr(y);
    const uint8_t* opacity = alpha.ptr(y);
    for (int x = 0; x < plane.cols; ++x) {
      const int mixed = colour[x] * opacity[x] + background * (255 - opacity[x]);
      colour[x] = static_cast<uint8_t>((mixed + 127) / 255);
    }
  }
}

cv::Mat to_grey(const cv::Mat& colour) {
  if (colour.channels() == 1) return colour;
  cv::Mat grey;
  cv::cvtColor(colour, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

cv::Mat to_rgb(const cv::Mat& colour) {
  if (colour.channels() == 3) return colour;
  cv::Mat rgb;
  cv::cvtColor(colour, rgb, cv::COLOR_GRAY2RGB);
  return rgb;
}

// Averages where it shrinks, interpolates where it enlarges, each axis on its own.
cv::Mat resize(const cv::Mat& image, cv::Size size) {
  cv::Mat shrunk = image;
  const cv::Size inner(std::min(size.width, image.cols), std::min(size.height, image.rows));
  if (inner != image.size()) cv::resize(image, shrunk, inner, 0, 0, cv::INTER_AREA);
  if (inner == size) return shrunk;
  cv::Mat enlarged;
  cv::resize(shrunk, enlarged, size, 0, 0, cv::INTER_CUBIC);
  return enlarged;
}

int scaled(int side, double factor) {
  return std::max(1, static_cast<int>(std::lround(side * factor)));
}

}  // namespace

Fit parse_fit(const std::string& name) {
  if (name == "crop") return Fit::kCrop;
  if (name == "pad") return Fit::kPad;
  if (name == "stretch") return Fit::kStretch;
  throw UsageError(fmt::format("--fit {}: expected crop, pad or stretch", name));
}

cv::Rect parse_crop(const std::string& text) {
  std::array<int, 4> numbers{};
  std::string_view rest = text;
  bool good = true;
  for (size_t i = 0; i < numbers.size() && good; ++i) {
    const size_t comma = i + 1 < numbers.size() ? rest.find(',') : rest.size();
    numbers[i] = comma == std::string_view::npos
                     ? -1
                     : parse_number<int>(rest.substr(0, comma)).value_or(-1);
    good = numbers[i] >= 0;
    rest.remove_prefix(good ? std::min(comma + 1, rest.size()) : 0);
  }
  if (!good || numbers[2] < kLeastSide || numbers[3] < kLeastSide) {
    throw UsageError(
        fmt::format("--crop {}: expected X,Y,WIDTH,HEIGHT in pixels, width and height at least {}",
                    text, kLeastSide));
  }
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

std::array<uint8_t, 3> parse_background(const std::string& text) {
  if (text == "white") return {255, 255, 255};
  if (text == "black") return {0, 0, 0};
  const int rgb = text.size() == 7 && text[0] == '#'
                      ? parse_number<int>(std::string_view(text).substr(1), 16).value_or(-1)
                      : -1;
  if (rgb < 0) {
    throw UsageError(fmt::format("--background {}: expected white, black or #rrggbb", text));
  }
  return {static_cast<uint8_t>(rgb >> 16), static_cast<uint8_t>(rgb >> 8),
          static_cast<uint8_t>(rgb)};
}

cv::Mat PictureTransform::apply(const cv::Mat& picture) const {
  cv::Mat part = picture;
  if (crop) {
    if ((*crop & cv::Rect({0, 0}, picture.size())) != *crop) {
      throw PictureError(Fault::kOutsideCrop, fmt::format("{}x{}", picture.cols, picture.rows));
    }
    part = picture(*crop);
  }
  if (std::min(part.rows, part.cols) < kLeastSide) {
    throw PictureError(Fault::kTooNarrow, fmt::format("{}x{}", part.cols, part.rows));
  }
  cv::Mat colour = part;
  cv::Mat alpha;
  if (part.channels() % 2 == 0) {
    std::vector<cv::Mat> planes;
    cv::split(part, planes);
    alpha = planes.back();
    planes.pop_back();
    if (planes.size() == 1) planes = {planes[0], planes[0].clone(), planes[0].clone()};
    for (size_t c = 0; c < planes.size(); ++c) blend(planes[c], alpha, background[c]);
    cv::merge(planes, colour);
  }
  colour = channels <= 2 ? to_grey(colour) : to_rgb(colour);
  if (channels % 2 == 0) {
    if (alpha.empty()) alpha = cv::Mat(colour.size(), CV_8UC1, cv::Scalar(255));
    std::vector<cv::Mat> both{colour, alpha};
    cv::merge(both, colour);
  }

  const cv::Size square(image_size, image_size);
  if (fit == Fit::kStretch) return resize(colour, square);
  const int side =
      fit == Fit::kCrop ? std::min(colour.rows, colour.cols) : std::max(colour.rows, colour.cols);
  const double factor = static_cast<double>(image_size) / side;
  const cv::Size whole(scaled(colour.cols, factor), scaled(colour.rows, factor));
  // A strip of a picture is enlarged as a whole before it is cropped.
  if (whole.height > kMostPixels / whole.width) {
    throw PictureError(Fault::kTooLarge, fmt::format("{}x{}, at this size {}x{}", colour.cols,
                                                     colour.rows, whole.width, whole.height));
  }
  const cv::Mat sized = resize(colour, whole);
  const cv::Point corner((sized.cols - image_size) / 2, (sized.rows - image_size) / 2);
  if (fit == Fit::kCrop) return sized(cv::Rect(corner, square));
  cv::Scalar margin(background[0], background[1], background[2], 0);
  if (channels <= 2) {
    margin = cv::Scalar(0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2], 0);
  }
  cv::Mat padded(square, colour.type(), margin);
  sized.copyTo(padded(cv::Rect(-corner, sized.size())));
  return padded;
}

std::string PictureTransform::describe() const {
  const char* fits[] = {"crop", "pad", "stretch"};
  std::string text =
      fmt::format("{}x{}x{},{},#{:02x}{:02x}{:02x}", image_size, image_size, channels,
                  fits[static_cast<int>(fit)], background[0], background[1], background[2]);
  if (crop) text += fmt::format(",{},{},{},{}", crop->x, crop->y, crop->width, crop->height);
  return text;
}

}  // namespace dcgan
