#include "studies/tuned_sweep.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "studies/activations.h"
#include "studies/covariate_shift.h"
#include "studies/depth.h"
#include "studies/faster.h"
#include "studies/gradient_flow.h"
#include "studies/initialisation.h"
#include "studies/input_standardisation.h"
#include "studies/learning_rate.h"
#include "studies/regularisation.h"

namespace dcgan {
namespace {

using nlohmann::json;

std::vector<const Study*> sweeps() {
  return {&faster(),         &learning_rate(),  &initialisation(), &activations(),
          &depth(),          &regularisation(), &gradient_flow(),  &input_standardisation(),
          &covariate_shift()};
}

bool has_norm(const json& settings) {
  return settings.value("norm", "") == "batch" || settings.value("norm_g", "") == "batch";
}

// A number in [0, 1) that looks like noise.
double noise(const std::string& key) {
  return static_cast<double>(std::hash<std::string>{}(key) % 10007) / 10007.0;
}

// Runs a study on invented measurements until it is complete; `advantage`: of batch norm.
Records simulate(const Study& study, Budget budget, double advantage) {
  Records results;
  std::set<std::string> done;
  for (int round = 0; round < 4 && !study.complete(budget, 0, results); ++round) {
    for (const Cell& cell : study.cells(budget, 0, results)) {
      if (!done.insert(cell.key()).second) continue;
      const json settings = json::parse(cell.settings);
      const double gain = (has_norm(settings) ? advantage : 0) + 0.1 * noise(cell.key());
      json record{{"study", study.name()}, {"key", cell.key()},    {"stage", cell.stage},
                  {"arm", cell.arm},       {"settings", settings}, {"seed", cell.seed},
                  {"processor", "p"},      {"failed", false}};
      if (settings.contains("model")) {
        record["last_fid"] = 100 - 100 * gain;
      } else {
        record.update({{"accuracy", 0.7 + gain},
                       {"train_accuracy", 0.95},
                       {"target_step", 500 - 1000 * gain},
                       {"target_seconds", 5 - 10 * gain},
                       {"trained_seconds", 5.0},
                       {"step_ms", 1.0},
                       {"condition", 2.0},
                       {"condition_about_zero", 2.0},
                       {"correlation", 0.1}});
      }
      // Noise makes all of these larger, as covariate-shift's controls expect.
      const double sign = settings.contains("noise") ? 1 : -1;
      for (const char* key : {"drift", "loss_range", "gradient_change", "smoothness"}) {
        record[key] = 1 + sign * (gain - 0.05);  // 0.05: the noise's mean
      }
      results.push_back(std::move(record));
    }
  }
  return results;
}

// The claims with that verdict, for a failed test's message.
std::string claims(const std::vector<Finding>& findings, const std::string& verdict) {
  std::string text;
  for (const Finding& f : findings) {
    if (f.verdict == verdict) text += f.claim + ": " + f.evidence + "\n";
  }
  return text;
}

int64_t count(const std::vector<Finding>& findings, const std::string& verdict) {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const Finding& f) { return f.verdict == verdict; });
}

TEST(TunedSweep, RunsAsManyDifferentCellsAsItExpects) {
  for (const Study* study : sweeps()) {
    for (const Budget budget : {Budget::kQuick, Budget::kStandard}) {
      const Records results = simulate(*study, budget, 0);
      EXPECT_TRUE(study->complete(budget, 0, results)) << study->name();
      EXPECT_EQ(static_cast<int64_t>(results.size()), study->expected_cells(budget, 0))
          << study->name();
    }
  }
}

TEST(TunedSweep, FreshSeedsAreNeverTuningSeeds) {
  for (const Study* study : sweeps()) {
    std::set<uint64_t> tuning;
    std::set<uint64_t> fresh;
    for (const json& record : simulate(*study, Budget::kStandard, 0)) {
      const bool tunes = record["stage"] == "tuning";
      (tunes ? tuning : fresh).insert(record["seed"].get<uint64_t>());
      // What tunes a classifier never sees the judging images.
      const bool judging = record["settings"].value("part", "test") == "test";
      if (!record["settings"].contains("model")) {
        EXPECT_NE(tunes, judging);
      }
    }
    for (const uint64_t seed : tuning) EXPECT_FALSE(fresh.contains(seed)) << study->name();
    EXPECT_GE(fresh.size(), 10U) << study->name();
  }
}

TEST(TunedSweep, AnEffectIsFoundAndArmsThatAreAlikeAreNot) {
  // 27 families of comparisons at 5 % each: one or two false verdicts are expected, four are not.
  int64_t false_verdicts = 0;
  std::string said;
  for (const Study* study : sweeps()) {
    const auto alike = study->findings(simulate(*study, Budget::kStandard, 0));
    false_verdicts += count(alike, "supported") + count(alike, "not supported");
    said += claims(alike, "supported") + claims(alike, "not supported");
    EXPECT_EQ(count(alike, "no data"), 0) << study->name();
    const auto better = study->findings(simulate(*study, Budget::kStandard, 0.15));
    EXPECT_GT(count(better, "supported"), 0) << study->name();
    false_verdicts += count(better, "not supported");
    said += claims(better, "not supported");
    const auto worse = study->findings(simulate(*study, Budget::kStandard, -0.15));
    EXPECT_GT(count(worse, "not supported"), 0) << study->name();
    false_verdicts += count(worse, "supported");
    said += claims(worse, "supported");
  }
  EXPECT_LE(false_verdicts, 3) << said;
}

TEST(TunedSweep, WithoutResultsThereIsNoVerdict) {
  for (const Study* study : sweeps()) {
    const auto findings = study->findings({});
    EXPECT_EQ(count(findings, "no data"), static_cast<int64_t>(findings.size())) << study->name();
    study->figures({});
  }
}

}  // namespace
}  // namespace dcgan
