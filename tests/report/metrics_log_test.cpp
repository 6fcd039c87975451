#include "report/metrics_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "temporary_folder.h"

namespace dcgan {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(MetricsLog, LinesAreStrictJsonAlsoWhenANumberIsNotFinite) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "m.jsonl", 0);
  log.write({{"step", 1.0}, {"loss", 0.5}, {"bad", std::nan("")}, {"worse", INFINITY}});
  EXPECT_EQ(content(folder / "m.jsonl"), "{\"step\":1,\"loss\":0.5,\"bad\":null,\"worse\":null}\n");
  const auto lines = read_metrics(folder / "m.jsonl");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(find_metric(lines[0], "loss"), 0.5);
  EXPECT_TRUE(std::isnan(find_metric(lines[0], "bad")));
  EXPECT_TRUE(std::isnan(find_metric(lines[0], "absent")));
}

TEST(MetricsLog, ResumeDropsLaterLinesAndATornOne) {
  const TemporaryFolder folder;
  std::ofstream(folder / "m.jsonl") << "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"step\":2,\"lo";
  MetricsLog log(folder / "m.jsonl", 2);
  log.write({{"step", 3.0}, {"note", "a \"text\""}});
  EXPECT_EQ(content(folder / "m.jsonl"),
            "{\"step\":1}\n{\"step\":2}\n{\"step\":3,\"note\":\"a \\\"text\\\"\"}\n");
}

}  // namespace
}  // namespace dcgan
