#include "common/text.h"

#include <gtest/gtest.h>

namespace dcgan {
namespace {

TEST(NearestName, FindsTypingMistakesAndNothingElse) {
  const std::vector<std::string> names{"train", "generate", "batch-size", "seed"};
  EXPECT_EQ(nearest_name("trian", names), "train");
  EXPECT_EQ(nearest_name("batchsize", names), "batch-size");
  EXPECT_EQ(nearest_name("sede", names), "seed");
  EXPECT_EQ(nearest_name("xyzzy", names), "");
}

TEST(Printable, ControlCharactersAreSpelledOut) {
  EXPECT_EQ(printable("a\x1b[31m\n\xc3\xa4"), "a\\x1b[31m\\x0a\xc3\xa4");
}

TEST(Format, DurationsBytesAndThousands) {
  EXPECT_EQ(format_duration(8.25), "8.2 s");
  EXPECT_EQ(format_duration(75), "1 min 15 s");
  EXPECT_EQ(format_duration(3725), "1 h 02 min");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1234567), "1.2 MB");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(with_thousands(-123), "-123");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(format_exact(0.1), "0.1");
}

}  // namespace
}  // namespace dcgan
