#include "training/collapse.h"

#include <gtest/gtest.h>

namespace dcgan {
namespace {

Metrics line_at(double step, double sample_std) {
  return {{"step", step}, {"sample_std", sample_std}};
}

TEST(CollapseWatch, TellsASignThatLastsOnceAndOneThatComesAndGoesEverMoreRarely) {
  CollapseWatch watch(/*real_std=*/1);
  std::vector<double> told;
  for (double step = 1; step <= 1000; ++step) {
    // Two lines of three show it.
    Metrics line = line_at(step, static_cast<int>(step) % 3 == 0 ? 0.5 : 0.01);
    if (!watch.check(line).empty()) told.push_back(step);
  }
  EXPECT_EQ(told, (std::vector<double>{2, 5, 11, 23, 47, 95, 191, 383, 767}));
}

TEST(CollapseWatch, EveryLineThatShowsASignSaysSo) {
  CollapseWatch watch(/*real_std=*/1);
  for (double step = 1; step <= 4; ++step) {
    Metrics line = line_at(step, 0.01);
    watch.check(line);
    EXPECT_EQ(std::get<std::string>(line.back().second), "low diversity");
    EXPECT_EQ(line.back().first, "warnings");
  }
}

}  // namespace
}  // namespace dcgan
