#include "common/config.h"

#include <gtest/gtest.h>

#include "common/config_characters.h"
#include "expect_error.h"

namespace dcgan {
namespace {

TEST(Config, FlatKeysAndTheVerbsTableAreRead) {
  const auto entries =
      parse_config("a = 1\n[train]\nb = \"x\"\nc = 2.5\nd = true\ne = 1_000\n", "f.toml", "train");
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_EQ(std::get<int64_t>(entries[0].value), 1);
  EXPECT_EQ(entries[1].key, "b");
  EXPECT_EQ(entries[1].line, 3);
  EXPECT_EQ(std::get<std::string>(entries[1].value), "x");
  EXPECT_EQ(std::get<double>(entries[2].value), 2.5);
  EXPECT_TRUE(std::get<bool>(entries[3].value));
  EXPECT_EQ(std::get<int64_t>(entries[4].value), 1000);
}

TEST(Config, EveryStringSurvivesWritingAndReading) {
  std::string everything = "bilder \xc3\xa4\xc3\xb6 \xe7\x8c\xab 'x' \"y\" \\ \t\n";
  for (char c = 1; c < 0x20; ++c) everything += c;
  everything += '\x7f';
  const auto entries = parse_config(format_config_line("k", everything), "f", "train");
  EXPECT_EQ(std::get<std::string>(entries.at(0).value), everything);
}

TEST(Config, EveryNumberSurvivesWritingAndReading) {
  for (const double value : {1e-2, 2e-4, 0.5, 1.0, 1e300, 0.1, 3.0000000000000004}) {
    const auto entries = parse_config(format_config_line("k", value), "f", "train");
    EXPECT_EQ(std::get<double>(entries.at(0).value), value);
  }
}

TEST(Config, FaultsNameFileAndLine) {
  expect_error(ExitCode::kUsage,
               "f.toml:2:", [] { parse_config("a = 1\nb = \n", "f.toml", "train"); });
  expect_error(ExitCode::kUsage, "f.toml:1: unknown table [evaluate]",
               [] { parse_config("[evaluate]\n", "f.toml", "train"); });
  expect_error(ExitCode::kUsage, "f.toml:2: [[train]] is a list of tables; expected [train]",
               [] { parse_config("a = 1\n[[train]]\nb = 2\n", "f.toml", "train"); });
  expect_error(ExitCode::kUsage, "f.toml:3: a is given in line 1 already",
               [] { parse_config("a = 1\n[train]\na = 2\n", "f.toml", "train"); });
  expect_error(ExitCode::kUsage, "f.toml:1: the list a must hold",
               [] { parse_config("a = [[1], 2]\n", "f.toml", "train"); });
}

TEST(Config, AListOverSeveralLinesBecomesWhatTheCommandLineTakes) {
  const auto entries = parse_config(
      "[train] # a comment\ncrop = [\n  35, 55,  # corner\n  108,\n  108 ]\n", "f.toml", "train");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(std::get<std::string>(entries[0].value), "35,55,108,108");
}

TEST(Config, CharactersBeyondAsciiComeBackWhereverTheyStand) {
  const auto entries = parse_config(
      "\xef\xbb\xbf# h\u00fctte ~0~\n\"\u00e4~\" = '\u00fc~0~0~\u3042\\'\n"
      "b = [\"\u00e9\\u007e0~\", '\U0001F600']\n",
      "f.toml", "train");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].key, "\u00e4~");
  EXPECT_EQ(std::get<std::string>(entries[1].value), "\u00fc~0~0~\u3042\\");
  EXPECT_EQ(std::get<std::string>(entries[0].value), "\u00e9~0~,\U0001F600");
  expect_error(ExitCode::kUsage, "f.toml: is no UTF-8 text",
               [] { parse_config("a = '\xff'\n", "f.toml", "train"); });
}

TEST(Config, RefusesCharactersThatAreNotAsciiOutsideOfQuotes) {
  const auto line_of = [](std::string_view text) { return line_of_stray_character(text); };
  EXPECT_EQ(
      line_of("\xef\xbb\xbf# h\u00fctte\na = \"\u00e4 \\\" \u00e4\" # \u00e4\nb = '\u00e4\\'\n"),
      0);
  EXPECT_EQ(line_of("a = \"\"\"\u00e4\n \" \u00e4\"\"\"\nb = '''\u00e4\n ' '''\n"), 0);
  EXPECT_EQ(line_of("a = 1\n\u00e4 = 2\n"), 2);
  EXPECT_EQ(line_of("a = \"\"\"\n\n\"\"\"\nb = 1\u00d5\n"), 4);
  EXPECT_EQ(line_of("a = \"unclosed\n\u00e4"), 2);
  EXPECT_EQ(line_of("a = \"\\"), 0);
  EXPECT_EQ(line_of("b = 1\n\u00e4.\"c\" = 7"), 2);
  EXPECT_EQ(line_of("\"\u00e4\".'\u00fc' = [\"\u00e4\",'\u00e4']"), 0);
  EXPECT_EQ(line_of("a = \"\"\"\n b\\\n\n \u00e4\"\"\"\n"), 4);
  EXPECT_EQ(line_of("a = \"\\\u00e4\""), 1);
  EXPECT_EQ(line_of("a = \"\\\\\u00e4\""), 0);
  EXPECT_EQ(line_of("a =7\"\u00e9 = 1"), 1);
  // Undefined behaviour in toml++ 3.3.
  for (const char* text :
       {"a = 1939%01979[[[[[[[1\xc3\x95\n[0Z\n", "a= 1979-02K='\"\xef\xbb\xb7\"\n#2KK"}) {
    EXPECT_THROW(parse_config(text, "x.toml", "train"), UsageError);
  }
}

}  // namespace
}  // namespace dcgan
