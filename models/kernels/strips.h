// Cutting a batch of images into strips: the unit of work of the convolution kernels.
#pragma once

#include <cstdint>

namespace dcgan::kernels {

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// Rows [row, row + rows) of images [image, image + images); more than one image only if the rows
// are all there are.
struct Strip {
  int64_t image;
  int64_t images;
  int64_t row;
  int64_t rows;
};

// Cuts `images` maps of rows x columns pixels into strips of about target_pixels, of whole rows.
// Depends on nothing else, in particular not on the number of threads.
class StripPlan {
 public:
  StripPlan(int64_t images, int64_t rows, int64_t columns, int64_t target_pixels)
      : images_(images), rows_(rows) {
    if (rows * columns > target_pixels) {
      const int64_t fitting = target_pixels / columns > 0 ? target_pixels / columns : 1;
      strips_per_image_ = ceil_div(rows, fitting);
      rows_per_strip_ = ceil_div(rows, strips_per_image_);
      strips_per_image_ = ceil_div(rows, rows_per_strip_);
      count_ = images * strips_per_image_;
    } else {
      images_per_strip_ = target_pixels / (rows * columns);
      if (images_per_strip_ > images) images_per_strip_ = images;
      rows_per_strip_ = rows;
      count_ = ceil_div(images, images_per_strip_);
    }
  }

  int64_t count() const { return count_; }
  int64_t max_images() const { return images_per_strip_; }
  int64_t max_rows() const { return rows_per_strip_; }

  Strip at(int64_t index) const {
    const int64_t image = index / strips_per_image_ * images_per_strip_;
    const int64_t row = index % strips_per_image_ * rows_per_strip_;
    const int64_t images_left = images_ - image;
    const int64_t rows_left = rows_ - row;
    return {image, images_left < images_per_strip_ ? images_left : images_per_strip_, row,
            rows_left < rows_per_strip_ ? rows_left : rows_per_strip_};
  }

 private:
  int64_t images_;
  int64_t rows_;
  int64_t images_per_strip_ = 1;
  int64_t rows_per_strip_ = 1;
  int64_t strips_per_image_ = 1;
  int64_t count_ = 0;
};

}  // namespace dcgan::kernels
