#include "sampling/latents.h"

#include "sampling/seeds.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "expect_error.h"

namespace dcgan {
namespace {

TEST(Latents, ASeedNamesOneLatentWhateverIsBesideIt) {
  const auto together = latents_of_seeds({4, 5, 6}, 11);
  EXPECT_TRUE(torch::equal(latents_of_seeds({5}, 11)[0], together[1]));
  EXPECT_FALSE(torch::equal(together[0], together[1]));
}

TEST(Latents, TrainingLatentsAreAFunctionOfSeedAndStep) {
  EXPECT_TRUE(torch::equal(training_latents(1, 9, 3, 7), training_latents(1, 9, 3, 7)));
  EXPECT_FALSE(torch::equal(training_latents(1, 9, 3, 7), training_latents(1, 10, 3, 7)));
  EXPECT_FALSE(torch::equal(training_latents(1, 9, 3, 7), training_latents(2, 9, 3, 7)));
}

TEST(Latents, SeedListsAreRead) {
  EXPECT_EQ(parse_seeds("5", "--seeds"), (std::vector<uint64_t>{5}));
  EXPECT_EQ(parse_seeds("0-3", "--seeds"), (std::vector<uint64_t>{0, 1, 2, 3}));
  EXPECT_EQ(parse_seeds("9,0-1,7", "--seeds"), (std::vector<uint64_t>{9, 0, 1, 7}));
  for (const char* bad :
       {"", "-1", "a", "1,", ",1", "3-1", "1-2-3", "0-99999999", "18446744073709551616"}) {
    expect_error(ExitCode::kUsage, "--seeds", [&] { parse_seeds(bad, "--seeds"); });
  }
}

}  // namespace
}  // namespace dcgan
