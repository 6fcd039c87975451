#include "data/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
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

std::unique_ptr<Dataset> open_16(const fs::path& folder, int channels) {
  FolderOptions options;
  options.transform.image_size = 16;
  options.transform.channels = channels;
  return open_folder(folder, options);
}

TEST(Folder, ImagesBelowAreFoundInOrderWhateverTheirEnding) {
  const TemporaryFolder folder;
  write(folder / "b.png", red(40, 40) * 0.25);
  write(folder / "a" / "x" / "c.jpg", red(40, 40));
  fs::rename(folder / "a" / "x" / "c.jpg", folder / "a" / "x" / "c.JPG");
  write(folder / "d.jpeg", red(40, 40) * 0.5);
  std::ofstream(folder / "notes.txt") << "no image";
  std::ofstream(folder / "._b.png") << "a Mac's twin";
  const auto set = open_16(folder.path(), 3);
  ASSERT_EQ(set->size(), 3);
  const auto reds = all(*set).select(3, 0).to(torch::kFloat32).mean({1, 2});
  EXPECT_NEAR(reds[0].item<float>(), 255, 3);  // a/x/c.JPG
  EXPECT_NEAR(reds[1].item<float>(), 64, 3);   // b.png
  EXPECT_NEAR(reds[2].item<float>(), 127, 3);  // d.jpeg
  ASSERT_EQ(set->remarks().size(), 2u);
  EXPECT_EQ(set->remarks()[0], "left out, not an image: 1");
  EXPECT_EQ(set->remarks()[1], "left out, hidden, or a Mac's metadata: 1");
}

TEST(Folder, RedStaysRedWithPaddedRows) {
  const TemporaryFolder folder;
  write(folder / "a.jpg", red(17, 33));
  const auto pixels = all(*open_16(folder.path(), 3)).to(torch::kInt64);
  EXPECT_LE((pixels - torch::tensor({255, 0, 0})).abs().max().item<int64_t>(), 3);
}

TEST(Folder, GreyAmongColourAndColourAmongGreyAreConverted) {
  const TemporaryFolder folder;
  write(folder / "a.png", cv::Mat(20, 20, CV_8UC1, cv::Scalar(77)));
  write(folder / "b.png", cv::Mat(20, 20, CV_8UC3, cv::Scalar(200, 100, 50)));  // BGR
  const auto colour = all(*open_16(folder.path(), 3));
  EXPECT_TRUE((colour[0] == 77).all().item<bool>());
  const auto grey = all(*open_16(folder.path(), 1));
  EXPECT_NEAR(grey[1].to(torch::kFloat32).mean().item<float>(),
              0.299 * 50 + 0.587 * 100 + 0.114 * 200, 1);
}

TEST(Folder, TransparencyIsWhiteAndSixteenBitsAreScaled) {
  const TemporaryFolder folder;
  write(folder / "a.png", cv::Mat(20, 20, CV_8UC4, cv::Scalar(0, 0, 255, 0)));
  write(folder / "b.png", cv::Mat(20, 20, CV_8UC4, cv::Scalar(0, 0, 255, 128)));
  write(folder / "c.png", cv::Mat(20, 20, CV_16UC1, cv::Scalar(32896)));
  const auto pixels = all(*open_16(folder.path(), 3)).to(torch::kInt64);
  EXPECT_TRUE((pixels[0] == 255).all().item<bool>());
  EXPECT_LE((pixels[1] - torch::tensor({255, 127, 127})).abs().max().item<int64_t>(), 1);
  EXPECT_LE((pixels[2] - 128).abs().max().item<int64_t>(), 1);
}

TEST(Folder, TheCentreIsCroppedFromTheShorterSide) {
  const TemporaryFolder folder;
  cv::Mat image(16, 48, CV_8UC3, cv::Scalar::all(0));
  image(cv::Rect(16, 0, 16, 16)).setTo(cv::Scalar::all(255));
  write(folder / "a.png", image);
  EXPECT_TRUE((all(*open_16(folder.path(), 3)) == 255).all().item<bool>());
}

TEST(Folder, AStripThatWouldFillTheMemoryIsTooLarge) {
  PictureTransform transform;
  transform.image_size = 256;
  transform.channels = 3;
  EXPECT_THROW(transform.apply(red(4, 600'000)), PictureError);
  EXPECT_EQ(transform.apply(red(4, 4'000)).size(), cv::Size(256, 256));
  transform.fit = Fit::kPad;  // shrinks it
  EXPECT_EQ(transform.apply(red(4, 600'000)).size(), cv::Size(256, 256));
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
  const auto set = open_16(folder.path(), 3);
  EXPECT_EQ(set->size(), 2);
  const auto& kinds = set->source().left_out.kinds();
  EXPECT_EQ(kinds.at(Fault::kDamaged).count, 2);
  EXPECT_EQ(kinds.at(Fault::kEmpty).count, 1);
  EXPECT_EQ(kinds.at(Fault::kNoPicture).count, 1);
  FolderOptions options;
  options.strict = true;
  expect_error(ExitCode::kData, "--strict", [&] { open_folder(folder.path(), options); });
}

TEST(Folder, DecodedOnDemandIsTheSameAsKeptInMemoryForAnyNumberOfWorkers) {
  const TemporaryFolder folder;
  for (int i = 0; i < 20; ++i) {
    cv::Mat noise(90 + i, 140, CV_8UC3);
    cv::randu(noise, 0, 255);
    write(folder / ("p" + std::to_string(i) + ".jpg"), noise);
  }
  FolderOptions options;
  options.transform.image_size = 16;
  const auto kept = open_folder(folder.path(), options);
  EXPECT_TRUE(kept->in_memory());
  options.memory = 100;
  for (const int workers : {1, 2, 5}) {
    options.workers = workers;
    const auto streamed = open_folder(folder.path(), options);
    EXPECT_FALSE(streamed->in_memory());
    EXPECT_TRUE(torch::equal(all(*streamed), all(*kept)));
    EXPECT_EQ(streamed->fingerprint(), kept->fingerprint());
  }
}

TEST(Folder, AFileThatVanishesGivesItsPlaceToTheNextAndIsSaidOnce) {
  const TemporaryFolder folder;
  write(folder / "a.png", red(20, 20) * 0.25);
  write(folder / "b.png", red(20, 20));
  FolderOptions options;
  options.memory = 0;
  const auto set = open_folder(folder.path(), options);
  fs::remove(folder / "a.png");
  const auto pixels = all(*set);
  EXPECT_TRUE(torch::equal(pixels[0], pixels[1]));
  all(*set);
  const auto remarks = set->take_late_remarks();
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("a.png"), std::string::npos) << remarks[0];
  ASSERT_EQ(::mkfifo((folder / "a.png").c_str(), 0600), 0);  // nobody will ever write into it
  EXPECT_TRUE(torch::equal(all(*set)[0], pixels[1]));
  fs::remove(folder / "a.png");
  options.strict = true;
  write(folder / "a.png", red(20, 20));
  const auto strict = open_folder(folder.path(), options);
  fs::remove(folder / "a.png");
  expect_error(ExitCode::kData, "--strict", [&] { all(*strict); });
}

TEST(Folder, LinkedPicturesCountOnceAndLoopsEnd) {
  const TemporaryFolder elsewhere;
  write(elsewhere / "cat.png", red(20, 20));
  const TemporaryFolder folder;
  write(folder / "own.png", red(20, 20));
  fs::create_directory_symlink(elsewhere.path(), folder / "cats");
  fs::create_directory_symlink(elsewhere.path(), folder / "more-cats");
  fs::create_directory_symlink("..", folder / "loop");
  fs::create_directory_symlink(".", folder / "self");
  fs::create_symlink(folder / "own.png", folder / "again.png");
  fs::create_symlink("/nowhere", folder / "dead.jpg");
  const auto set = open_16(folder.path(), 3);
  EXPECT_EQ(set->size(), 2);
  const auto& kinds = set->source().left_out.kinds();
  EXPECT_EQ(kinds.at(Fault::kUnreadable).count, 1);
  EXPECT_EQ(kinds.at(Fault::kLinkedAgain).count, 4);
  EXPECT_EQ(kinds.at(Fault::kLinkedAgain).examples[0], "again.png");
}

TEST(Folder, TheProgramsOwnRunsAreNoTrainingData) {
  const TemporaryFolder folder;
  write(folder / "a.png", red(20, 20));
  write(folder / "runs" / "0" / "samples" / "1.png", red(20, 20));
  fs::create_directory(folder / "runs" / "0" / "checkpoints");
  std::ofstream(folder / "runs" / "0" / "config.toml") << "nz = 3";
  const auto set = open_16(folder.path(), 3);
  EXPECT_EQ(set->size(), 1);
  EXPECT_EQ(set->source().left_out.kinds().at(Fault::kOwnRun).examples[0], "runs/0/");
}

TEST(Folder, APictureThatIsReplacedIsSaidOnceAndCounted) {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png", "c.png"}) write(folder / name, red(20, 20));
  FolderOptions options;
  options.memory = 0;
  const auto set = open_folder(folder.path(), options);
  write(folder / "a.png", red(20, 20));  // the same bytes again
  all(*set);
  EXPECT_TRUE(set->late_summary().empty());
  write(folder / "a.png", red(20, 20) * 0.5);
  write(folder / "b.png", red(20, 20) * 0.5);
  fs::remove(folder / "c.png");
  all(*set);
  all(*set);
  EXPECT_EQ(set->take_late_remarks().size(), 2u);
  const auto lines = set->late_summary();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0],
            "pictures that could not be read any more (not readable: 1); others were shown in "
            "their place 2 times");
  EXPECT_EQ(lines[1], "pictures that changed during the run: 2 of 3");
}

TEST(Folder, FitAndCropDoWhatTheySay) {
  const TemporaryFolder folder;
  cv::Mat image(16, 32, CV_8UC3, cv::Scalar::all(0));
  image(cv::Rect(0, 0, 16, 16)).setTo(cv::Scalar::all(255));
  write(folder / "a.png", image);
  FolderOptions options;
  options.transform.image_size = 16;
  options.transform.fit = Fit::kPad;
  options.transform.background = {10, 20, 30};
  const auto padded = all(*open_folder(folder.path(), options))[0];
  EXPECT_TRUE(torch::equal(padded[0][0], torch::tensor({10, 20, 30}, torch::kUInt8)));
  EXPECT_TRUE((padded[8][2] == 255).all().item<bool>());
  EXPECT_TRUE((padded[8][13] == 0).all().item<bool>());
  options.transform.fit = Fit::kStretch;
  const auto stretched = all(*open_folder(folder.path(), options))[0];
  EXPECT_TRUE((stretched[8][2] == 255).all().item<bool>());
  EXPECT_TRUE((stretched[8][13] == 0).all().item<bool>());
  options.transform.crop = cv::Rect(16, 0, 16, 16);
  EXPECT_TRUE((all(*open_folder(folder.path(), options)) == 0).all().item<bool>());
  options.transform.crop = cv::Rect(20, 0, 16, 16);
  expect_error(ExitCode::kData, "--crop lies outside: 1 (a.png: 32x16)",
               [&] { open_folder(folder.path(), options); });
}

TEST(Folder, NothingToTrainOnIsAnError) {
  const TemporaryFolder folder;
  expect_error(ExitCode::kData, "no images (.jpg, .jpeg, .png, .bmp, .webp)",
               [&] { open_16(folder.path(), 3); });
  std::ofstream(folder / "text.png") << "hello";
  expect_error(ExitCode::kData, "none of its 1 pictures can be used",
               [&] { open_16(folder.path(), 3); });
  expect_error(ExitCode::kData, "no such folder", [&] { open_16(folder / "absent", 3); });
  expect_error(ExitCode::kData, "no folder", [&] { open_16(folder / "text.png", 3); });
}

}  // namespace
}  // namespace dcgan
