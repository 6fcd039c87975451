#include "report/grid.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <opencv2/imgcodecs.hpp>

#include "expect_error.h"
#include "report/image_file.h"
#include "report/pixels.h"
#include "temporary_folder.h"

namespace dcgan {
namespace {

TEST(Grid, ImagesStandInRowsAndEmptyCellsStayBackground) {
  for (const int64_t channels : {1, 2, 3, 4}) {
    const auto images = torch::randint(0, 256, {7, 8, 8, channels}, torch::kUInt8);
    const auto grid = make_grid(images, 3);
    EXPECT_EQ(grid.sizes(), (std::vector<int64_t>{32, 32, channels}));
    EXPECT_TRUE(torch::equal(grid.slice(0, 12, 20).slice(1, 22, 30), images[5]));
    EXPECT_TRUE((grid.select(2, 0).slice(0, 22, 30).slice(1, 12, 30) == 235).all().item<bool>());
  }
  EXPECT_EQ(make_grid(torch::zeros({20, 8, 8, 1}, torch::kUInt8)).sizes(),
            (std::vector<int64_t>{42, 52, 1}));
}

TEST(Grid, PicturesOfAnyChannelCountStandSideBySide) {
  for (const int64_t channels : {1, 2, 3, 4}) {
    at::Tensor picture = torch::full({24, 420, channels}, 80, torch::kUInt8);
    if (channels % 2 == 0) picture.select(2, channels - 1).fill_(0);  // transparent: white
    const at::Tensor all = side_by_side({picture, picture}, {"a", "b"});
    EXPECT_EQ(all.size(1), 2 * (420 + 32));
    const uint8_t expected = channels % 2 == 0 ? 255 : 80;
    const at::Tensor second = all.slice(0, 36, 60).slice(1, 452 + 16, 452 + 16 + 420);
    EXPECT_TRUE((second == expected).all().item<bool>()) << channels;
  }
}

TEST(ImageFile, PngKeepsEveryPixelOfEveryChannelCount) {
  const TemporaryFolder folder;
  for (const int64_t channels : {1, 3, 4}) {
    const auto pixels = torch::randint(0, 256, {5, 9, channels}, torch::kUInt8);
    const auto path = folder / "x.png";
    write_image(path, pixels);
    cv::Mat read = cv::imread(path.string(), cv::IMREAD_UNCHANGED);
    ASSERT_EQ(read.channels(), channels);
    auto tensor = torch::from_blob(read.data, {5, 9, channels}, torch::kUInt8);
    if (channels >= 3) {  // OpenCV hands out BGR
      tensor = torch::cat({tensor.slice(2, 0, 3).flip(2), tensor.slice(2, 3)}, 2);
    }
    EXPECT_TRUE(torch::equal(tensor, pixels)) << channels;
  }
}

TEST(ImageFile, JpegBlendsAlphaOntoWhite) {
  const TemporaryFolder folder;
  const auto clear = torch::zeros({16, 16, 4}, torch::kUInt8);
  write_image(folder / "x.jpg", clear);
  const cv::Mat read = cv::imread((folder / "x.jpg").string());
  EXPECT_GT(cv::mean(read)[0], 252);
}

TEST(ImageFile, FaultsAreNamed) {
  const auto pixels = torch::zeros({4, 4, 1}, torch::kUInt8);
  expect_error(ExitCode::kUsage, ".png or .jpg", [&] { write_image("x.gif", pixels); });
  expect_error(ExitCode::kUsage, "198007x66002 pixels",
               [&] { check_image_size("x.png", 66'002, 198'007, 3); });
  expect_error(ExitCode::kUsage, "/nowhere/x.png", [&] { write_image("/nowhere/x.png", pixels); });
}

TEST(Pixels, ValuesAreRoundedAndClamped) {
  const auto values = torch::tensor({-1.0, 1.0, 0.0, -3.0, 7.0, std::nan("")}).view({1, 1, 1, 6});
  const auto expected = torch::tensor({0, 255, 128, 0, 255, 0}, torch::kUInt8);
  EXPECT_TRUE(torch::equal(to_pixels(values).flatten(), expected));
}

}  // namespace
}  // namespace dcgan
