#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "studies/statistics/comparison.h"

namespace dcgan::statistics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> normal_scores(std::mt19937_64& random, size_t count, double shift) {
  std::normal_distribution<double> normal(shift, 1);
  std::vector<double> scores(count);
  for (double& score : scores) score = normal(random);
  return scores;
}

// Of 1,000 studies of two identical arms, how many call A better.
int64_t false_claims(double shift, size_t seeds) {
  std::mt19937_64 random(5);
  int64_t supported = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto a = normal_scores(random, seeds, shift);
    const auto b = normal_scores(random, seeds, 0);
    const Interval p = paired_improvement(a, b);
    supported += decide(p).verdict == Verdict::kSupported ? 1 : 0;
  }
  return supported;
}

TEST(StudyStatistics, TwoIdenticalArmsAreSeldomCalledDifferent) {
  for (const size_t seeds : {5, 10, 20}) {
    const int64_t claims = false_claims(0, seeds);
    EXPECT_LE(rate_interval(claims, 1000).low, 0.05) << claims;
    EXPECT_LE(claims, 50) << seeds;
  }
}

TEST(StudyStatistics, ADifferenceOfFailureRatesIsSeldomInvented) {
  std::mt19937_64 random(6);
  std::bernoulli_distribution fails(0.15);
  int64_t supported = 0;
  for (int i = 0; i < 1000; ++i) {
    int64_t a = 0;
    int64_t b = 0;
    for (int j = 0; j < 20; ++j) {
      a += fails(random) ? 0 : 1;
      b += fails(random) ? 0 : 1;
    }
    supported += decide_difference(rate_difference(a, 20, b, 20)) == Verdict::kSupported ? 1 : 0;
  }
  EXPECT_LE(supported, 50);
}

TEST(StudyStatistics, APlantedEffectIsFound) {
  EXPECT_GE(false_claims(2.0, 20), 950);
  EXPECT_EQ(decide_difference(rate_difference(20, 20, 8, 20)), Verdict::kSupported);
}

TEST(StudyStatistics, EqualArmsWithoutFailuresDecideNothing) {
  EXPECT_EQ(decide_difference(rate_difference(3, 3, 3, 3)), Verdict::kInconclusive);
  EXPECT_EQ(decide(paired_improvement({1, 1, 1}, {1, 1, 1})).verdict, Verdict::kInconclusive);
  EXPECT_EQ(decide(paired_improvement({2, 2, 2}, {1, 1, 1})).verdict, Verdict::kInconclusive)
      << "three seeds that agree prove nothing";
}

TEST(StudyStatistics, AFailedRunRanksLastAndNeverVanishes) {
  const std::vector<double> steady{1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const std::vector<double> failing{2,          2,          2,          -kInfinity, -kInfinity,
                                    -kInfinity, -kInfinity, -kInfinity, -kInfinity, -kInfinity};
  EXPECT_NEAR(paired_improvement(steady, failing).estimate, 0.7, 1e-12);
  EXPECT_EQ(interquartile_mean(failing), -kInfinity);
  EXPECT_EQ(median(failing), -kInfinity);
  EXPECT_EQ(median({-kInfinity, 1.0}), -kInfinity) << "between a failed run and another";
  EXPECT_EQ(paired_improvement(failing, failing).estimate, 0.5);
}

TEST(StudyStatistics, TheSameSeedGivesTheSameInterval) {
  const std::vector<double> scores{3, 1, 4, 1, 5, 9, 2, 6};
  const Interval a = bootstrap_interval(scores, interquartile_mean, 7);
  const Interval b = bootstrap_interval(scores, interquartile_mean, 7);
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_LT(a.low, a.estimate);
  EXPECT_GT(a.high, a.estimate);
}

TEST(StudyStatistics, MedianTimeIsInfiniteWhereMostNeverHadTheEvent) {
  EXPECT_EQ(kaplan_meier_median({5, 10, 10, 10}, {true, false, false, false}), kInfinity);
  EXPECT_EQ(kaplan_meier_median({5, 6, 7, 10}, {true, true, true, false}), 6);
}

}  // namespace
}  // namespace dcgan::statistics
