#include "training/run_directory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

#include "expect_error.h"
#include "temporary_folder.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

// Numbered runs are made below the working directory.
class RunDirectoryTest : public testing::Test {
 protected:
  void SetUp() override { fs::current_path(folder_.path()); }
  void TearDown() override { fs::current_path(before_); }
  TemporaryFolder folder_;
  fs::path before_ = fs::current_path();
};

TEST_F(RunDirectoryTest, NumbersGoUpAndRunsStartedTogetherNeverShareOne) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 10; ++i) RunDirectory::create("", "name" + std::to_string(t));
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> numbers;
  for (const auto& entry : fs::directory_iterator("runs")) {
    numbers.insert(entry.path().filename().string().substr(0, 5));
  }
  EXPECT_EQ(numbers.size(), 80u);
  EXPECT_EQ(RunDirectory::create("", "x").path().filename().string().substr(0, 5), "00080");
}

TEST_F(RunDirectoryTest, AnExistingRunIsNeverOverwritten) {
  RunDirectory::create("here", "x");
  RunDirectory::create("here", "x");  // still empty: fine
  std::ofstream("here/file") << "precious";
  try {
    RunDirectory::create("here", "x");
    ADD_FAILURE() << "overwritten";
  } catch (const UsageError& error) {
    EXPECT_TRUE(std::string(error.what()).ends_with("name a new folder")) << error.what();
  }
  fs::create_directories("here/checkpoints");
  std::ofstream("here/checkpoints/000010.safetensors") << "x";
  expect_error(ExitCode::kUsage, "--resume here", [] { RunDirectory::create("here", "x"); });
  expect_error(ExitCode::kUsage, "is a file", [] { RunDirectory::create("here/file", "x"); });
  expect_error(ExitCode::kUsage, "cannot make", [] { RunDirectory::create("/proc/x/y", "x"); });
}

TEST_F(RunDirectoryTest, CheckpointsAreOrderedByStepNotByName) {
  const RunDirectory run = RunDirectory::create("r", "x");
  fs::create_directories("r/checkpoints");
  for (const int64_t step : {500, 1000000, 20}) std::ofstream(run.checkpoint(step)) << "x";
  std::ofstream("r/checkpoints/000700.safetensors.tmp-1") << "left over";
  const auto found = run.checkpoints();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], run.checkpoint(1000000));
  EXPECT_EQ(found[2], run.checkpoint(20));
}

}  // namespace
}  // namespace dcgan
