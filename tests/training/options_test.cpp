#include "training/options.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace dcgan {
namespace {

TEST(TrainOptions, TomlRoundTripGivesTheSameOptions) {
  TrainOptions options;
  options.data = "bilder äöü 图片 'x\"";
  options.lr_g = 1e-2;
  options.lr_d = 1.0;
  options.seed = 9007199254740993;
  options.init = "normal:0.5";
  options.steps = 600;
  TrainOptions read;
  options_from_toml(options_to_toml(options), "config.toml", read);
  EXPECT_EQ(options_to_toml(read), options_to_toml(options));
  EXPECT_EQ(read.seed, options.seed);
  EXPECT_EQ(read.data, options.data);
}

TEST(TrainOptions, WhatAFileDoesNotNameStaysAsItWas) {
  TrainOptions options;
  options.nz = 7;
  options_from_toml("[train]\nlr-g = 1\n", "f", options);
  EXPECT_EQ(options.nz, 7);
  EXPECT_EQ(options.lr_g, 1.0);
}

TEST(TrainOptions, FaultsNameFileLineKeyAndNearestName) {
  TrainOptions options;
  expect_error(ExitCode::kUsage, "f.toml:2: unknown option 'batchsize'; did you mean 'batch-size'?",
               [&] { options_from_toml("nz = 5\nbatchsize = 3\n", "f.toml", options); });
  expect_error(ExitCode::kUsage, "f.toml:1: nz must be a whole number",
               [&] { options_from_toml("nz = \"a\"\n", "f.toml", options); });
  expect_error(ExitCode::kUsage, "f.toml:1: lr must be a number, not a list",
               [&] { options_from_toml("lr = [1, 2]\n", "f.toml", options); });
  expect_error(ExitCode::kUsage, "f.toml:1: data must be a string in quotes, not a list",
               [&] { options_from_toml("data = [\"a\", \"b\"]\n", "f.toml", options); });
}

TEST(TrainOptions, AMessageIsLedBackToTheLineOfTheFile) {
  TrainOptions options;
  const OptionOrigins origins = options_from_toml("nz = 5\nlr = 0\nlr-d = 1\n", "f.toml", options);
  EXPECT_EQ(with_origin("--nz 5: no", origins), "f.toml:1: nz 5: no");
  EXPECT_EQ(with_origin("--lr-g 0: no", origins), "f.toml:2: lr 0: no");
  EXPECT_EQ(with_origin("--lr-d 1: no", origins), "f.toml:3: lr-d 1: no");
  EXPECT_EQ(with_origin("--ngf 1: no", origins), "--ngf 1: no");
  EXPECT_EQ(with_origin("other", origins), "other");
}

TEST(TrainOptions, EveryWrongValueIsNamed) {
  const auto expect = [](const std::string& line, const std::string& part) {
    expect_error(ExitCode::kUsage, part, [&] {
      TrainOptions options;
      options_from_toml(line, "f", options);
      validate(options);
    });
  };
  expect("image-size = 48", "take 32 or 64");
  expect("image-size = 418", "take 256");
  expect("image-size = 3", "take 16");
  expect("channels = 5", "--channels 5");
  expect("nz = 0", "--nz 0");
  expect("ngf = -1", "--ngf -1");
  expect("norm-g = \"Batch\"", "one of batch, none, layer");
  expect("init = \"normal:-1\"", "--init normal:-1");
  expect("batch-size = 0", "--batch-size 0");
  expect("steps = -1", "--steps -1");
  expect("epochs = 0", "nothing to do");
  expect("lr-d = 0", "--lr-d 0");
  expect("lr-g = nan", "--lr-g nan");
  expect("beta1 = 1.0", "--beta1 1");
  expect("seed = -5", "--seed -5");
  expect("threads = -1", "--threads -1");
  expect("log-every = 0", "--log-every 0");
}

}  // namespace
}  // namespace dcgan
