#include "training/checkpoint_store.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <set>

#include "expect_error.h"
#include "temporary_folder.h"
#include "training/checkpoint.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

class CheckpointStoreTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(run_.checkpoint(0).parent_path()); }

  static TrainOptions options(int64_t keep_last, int64_t keep_every) {
    TrainOptions options;
    options.steps = 1000;
    options.keep_last = keep_last;
    options.keep_every = keep_every;
    return options;
  }
  static TensorFile content(float value) {
    TensorFile file;
    file.tensors["w"] = torch::full({1000}, value);
    return file;
  }
  std::set<int64_t> steps_on_disk() const {
    std::set<int64_t> steps;
    for (const fs::path& path : run_.checkpoints()) steps.insert(step_of_checkpoint(path));
    return steps;
  }

  TemporaryFolder folder_;
  RunDirectory run_ = RunDirectory::open(folder_.path());
};

TEST_F(CheckpointStoreTest, KeepsTheLastOnesAndEveryNth) {
  CheckpointStore store(run_, options(2, 40));
  for (int64_t step = 10; step <= 100; step += 10) store.save(content(1), step, {});
  store.wait();
  EXPECT_EQ(steps_on_disk(), (std::set<int64_t>{40, 80, 90, 100}));
}

TEST(ProgressedTest, KeepsTheBestMeasurementWhereItGoesBack) {
  Progressed now;
  now.step = 200;
  now.best_metric = 10;  // of best.safetensors, measured at step 150
  Progressed saved;
  saved.step = 100;
  saved.images_seen = 6400;
  saved.best_metric = 20;
  now.go_on_from(saved);
  EXPECT_EQ(now.step, 100);
  EXPECT_EQ(now.images_seen, 6400);
  EXPECT_EQ(now.best_metric, 10);
  Progressed resumed;
  resumed.go_on_from(saved);
  EXPECT_EQ(resumed.best_metric, 20);
}

TEST_F(CheckpointStoreTest, KeepsAllWhereAskedTo) {
  CheckpointStore store(run_, options(0, 0));
  for (int64_t step = 10; step <= 100; step += 10) store.save(content(1), step, {});
  store.wait();
  EXPECT_EQ(steps_on_disk().size(), 10u);
}

TEST_F(CheckpointStoreTest, WritesWhatTheTensorsHeldWhenItWasCalled) {
  CheckpointStore store(run_, options(5, 0));
  TensorFile file = content(1);
  for (int64_t step = 1; step <= 20; ++step) {
    file.tensors["w"].fill_(static_cast<float>(step));
    store.save(file, step, {});
    file.tensors["w"].fill_(-1);  // the training goes on while the file is written
  }
  store.wait();
  for (const int64_t step : {16, 20}) {
    const at::Tensor read = read_safetensors(run_.checkpoint(step)).tensors.at("w");
    EXPECT_TRUE((read == step).all().item<bool>()) << step;
  }
}

TEST_F(CheckpointStoreTest, ThrowsInTheNextCallWhatWentWrongInTheBackground) {
  CheckpointStore store(run_, options(5, 0));
  store.save(content(1), 1, {});
  store.wait();
  fs::remove_all(run_.checkpoint(0).parent_path());
  store.save(content(2), 2, {});
  expect_error(ExitCode::kUsage, "000002.safetensors", [&] { store.wait(); });
  EXPECT_NO_THROW(store.wait());
  EXPECT_NO_THROW(store.check());
}

TEST_F(CheckpointStoreTest, SaysHowMuchRoomIsMissing) {
  const CheckpointStore store(run_, options(3, 0));
  EXPECT_NO_THROW(store.check_room(1000, 0));
  expect_error(ExitCode::kUsage, "--keep-last", [&] { store.check_room(uint64_t{1} << 61, 0); });
  expect_error(ExitCode::kUsage, "too many bytes", [&] { store.check_room(uint64_t{1} << 63, 0); });
}

TEST(FileSizeOf, IsNeverLessThanTheFile) {
  const TemporaryFolder folder;
  TensorFile file;
  file.metadata["config"] = std::string(500, 'x');
  for (int i = 0; i < 50; ++i) file.tensors["tensor." + std::to_string(i)] = torch::zeros({i, 3});
  write_safetensors(folder / "a.safetensors", file);
  EXPECT_GE(file_size_of(file), fs::file_size(folder / "a.safetensors"));
  EXPECT_LE(file_size_of(file), fs::file_size(folder / "a.safetensors") + 20'000);
}

}  // namespace
}  // namespace dcgan
