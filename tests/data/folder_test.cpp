#include "data/folder.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "expect_error.h"
#include "temporary_folder.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const cv::Mat& image) {
  fs::create_directories(path.parent_path());
  ASSERT_TRUE(cv::imwrite(path.string(), image));
}

cv::Mat red(int rows, int cols) { return {rows, cols, CV_8UC3, cv::Scalar(0, 0, 255)}; }

torch::Tensor all(const Dataset& set) { return set.images(torch::arange(set.size())); }

TEST(Folder, ImagesBelowAreFoundInOrderWhateverTheirEnding) {
  const TemporaryFolder folder;
  write(folder / "b.png", red(40, 40) * 0.25);
  write(folder / "a" / "x" / "c.jpg", red(40, 40));
  fs::rename(folder / "a" / "x" / "c.jpg", folder / "a" / "x" / "c.JPG");
  write(folder / "d.jpeg", red(40, 40) * 0.5);
  std::ofstream(folder / "notes.txt") << "no image";
  std::ofstream(folder / "._b.png") << "a Mac's twin";
  const auto set = open_folder(folder.path(), 16, 3);
  ASSERT_EQ(set->size(), 3);
  const auto reds = all(*set).select(3, 0).to(torch::kFloat32).mean({1, 2});
  EXPECT_NEAR(reds[0].item<float>(), 255, 3);  // a/x/c.JPG
  EXPECT_NEAR(reds[1].item<float>(), 64, 3);   // b.png
  EXPECT_NEAR(reds[2].item<float>(), 127, 3);  // d.jpeg
  ASSERT_EQ(set->remarks().size(), 1u);
  EXPECT_EQ(set->remarks()[0], "left out, not an image: 1");
}

TEST(Folder, RedStaysRedWithPaddedRows) {
  const TemporaryFolder folder;
  write(folder / "a.jpg", red(17, 33));
  const auto pixels = all(*open_folder(folder.path(), 16, 3)).to(torch::kInt64);
  EXPECT_LE((pixels - torch::tensor({255, 0, 0})).abs().max().item<int64_t>(), 3);
}

TEST(Folder, GreyAmongColourAndColourAmongGreyAreConverted) {
  const TemporaryFolder folder;
  write(folder / "a.png", cv::Mat(20, 20, CV_8UC1, cv::Scalar(77)));
  write(folder / "b.png", cv::Mat(20, 20, CV_8UC3, cv::Scalar(200, 100, 50)));  // BGR
  const auto colour = all(*open_folder(folder.path(), 16, 3));
  EXPECT_TRUE((colour[0] == 77).all().item<bool>());
  const auto grey = all(*open_folder(folder.path(), 16, 1));
  EXPECT_NEAR(grey[1].to(torch::kFloat32).mean().item<float>(),
              0.299 * 50 + 0.587 * 100 + 0.114 * 200, 1);
}

TEST(Folder, TransparencyIsWhiteAndSixteenBitsAreScaled) {
  const TemporaryFolder folder;
  write(folder / "a.png", cv::Mat(20, 20, CV_8UC4, cv::Scalar(0, 0, 255, 0)));
  write(folder / "b.png", cv::Mat(20, 20, CV_8UC4, cv::Scalar(0, 0, 255, 128)));
  write(folder / "c.png", cv::Mat(20, 20, CV_16UC1, cv::Scalar(32896)));
  const auto pixels = all(*open_folder(folder.path(), 16, 3)).to(torch::kInt64);
  EXPECT_TRUE((pixels[0] == 255).all().item<bool>());
  EXPECT_LE((pixels[1] - torch::tensor({255, 127, 127})).abs().max().item<int64_t>(), 1);
  EXPECT_LE((pixels[2] - 128).abs().max().item<int64_t>(), 1);
}

TEST(Folder, TheCentreIsCroppedFromTheShorterSide) {
  const TemporaryFolder folder;
  cv::Mat image(16, 48, CV_8UC3, cv::Scalar::all(0));
  image(cv::Rect(16, 0, 16, 16)).setTo(cv::Scalar::all(255));
  write(folder / "a.png", image);
  EXPECT_TRUE((all(*open_folder(folder.path(), 16, 3)) == 255).all().item<bool>());
}

TEST(Folder, CutAndForeignFilesAreLeftOutWithACount) {
  const TemporaryFolder folder;
  cv::Mat noise(64, 64, CV_8UC3);
  cv::randu(noise, 0, 255);
  write(folder / "good.jpg", noise);
  write(folder / "good.png", noise);
  for (const char* name : {"good.jpg", "good.png"}) {
    std::ifstream in(folder / name, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    std::ofstream(folder / (std::string("cut-") + name), std::ios::binary)
        << bytes.substr(0, bytes.size() * 6 / 10);
  }
  std::ofstream(folder / "empty.jpg");
  std::ofstream(folder / "text.png") << "hello, this is a text and no picture";
  const auto set = open_folder(folder.path(), 16, 3);
  EXPECT_EQ(set->size(), 2);
  ASSERT_EQ(set->remarks().size(), 1u);
  EXPECT_NE(set->remarks()[0].find("left out, damaged or not readable: 4 (cut-good.jpg, ...)"),
            std::string::npos)
      << set->remarks()[0];
}

TEST(Folder, NothingToTrainOnIsAnError) {
  const TemporaryFolder folder;
  expect_error(ExitCode::kData, "no images (.jpg, .jpeg, .png)",
               [&] { open_folder(folder.path(), 16, 3); });
  std::ofstream(folder / "text.png") << "hello";
  expect_error(ExitCode::kData, "none of its 1 images can be read",
               [&] { open_folder(folder.path(), 16, 3); });
  expect_error(ExitCode::kData, "no such folder", [&] { open_folder(folder / "absent", 16, 3); });
  expect_error(ExitCode::kData, "no folder", [&] { open_folder(folder / "text.png", 16, 3); });
}

}  // namespace
}  // namespace dcgan
