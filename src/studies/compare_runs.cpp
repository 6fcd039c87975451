#include "studies/compare_runs.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <set>

#include "common/error.h"
#include "common/run_folder.h"
#include "data/open.h"
#include "data/output_path.h"
#include "metrics/diversity.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "report/metrics_log.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "sampling/saved_generator.h"
#include "training/checkpoint.h"
#include "training/options.h"
#include "training/run_directory.h"
#include "training/run_evaluator.h"
#include "training/run_pictures.h"

namespace dcgan {
namespace {

struct Arm {
  std::string title;
  CheckpointSummary summary;
  std::vector<Metrics> metrics;
  at::Tensor grid;
  double sample_std = 0;
  /// Where the run's data can still be read.
  std::optional<Evaluation> evaluation;
  std::string features;
  std::string data;  // its fingerprint
};

std::string title_of(const CheckpointSummary& summary) {
  if (summary.norm_g == summary.norm_d) {
    return summary.norm_g == "none" ? "no norm" : summary.norm_g + " norm";
  }
  return "norm-g " + summary.norm_g + ", norm-d " + summary.norm_d;
}

constexpr int64_t kEvaluated = 2000;

// FID and modes against the run's own data; nothing where that is gone.
void measure(Arm& arm, const TensorFile& file, const std::filesystem::path& path,
             Generator& generator) {
  const auto config = file.metadata.find("config");
  if (config == file.metadata.end()) return;
  try {
    TrainOptions options;
    options_from_toml(config->second, path.string(), options);
    const auto dataset = open_dataset(options.data, dataset_options(options));
    RunEvaluator evaluator(*dataset, options.eval_features, kEvaluated, arm.summary.nz);
    arm.evaluation = evaluator.evaluate(generator);
    arm.features = evaluator.features();
    arm.data = dataset->fingerprint();
  } catch (const Error& error) {
    std::fprintf(stderr, "warning: %s: no FID: %s\n", path.c_str(), error.what());
  }
}

Arm read_arm(const std::filesystem::path& path, const std::filesystem::path& picture) {
  constexpr int64_t kSamples = 512;
  const RunDirectory run = RunDirectory::open(path);
  const std::filesystem::path checkpoint = run.newest_checkpoint();
  const TensorFile file = read_checkpoint(checkpoint);
  check_output_path(picture, "--out", data_of(file));
  Arm arm;
  arm.summary = summarize_checkpoint(file, checkpoint);
  arm.title = title_of(arm.summary);
  arm.metrics = read_metrics(run.metrics());
  Generator generator = load_generator(file, checkpoint, torch::kCPU);
  const at::Tensor images =
      sample_images(generator, latents_of_seeds(seed_range(0, kSamples), arm.summary.nz));
  arm.grid = make_grid(images.narrow(0, 0, kGridImages));
  arm.sample_std = sample_standard_deviation(images);
  measure(arm, file, checkpoint, generator);
  return arm;
}

// Mean over the lines of the last tenth of the run: single steps of a GAN jump.
double late_mean(const Arm& arm, const std::string& name) {
  const double first = 0.9 * static_cast<double>(arm.summary.step);
  double sum = 0;
  int64_t count = 0;
  for (const Metrics& line : arm.metrics) {
    const double value = find_metric(line, name);
    if (find_metric(line, "step") >= first && !std::isnan(value)) {
      sum += value;
      ++count;
    }
  }
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

double first_value(const Arm& arm, const std::string& name) {
  for (const Metrics& line : arm.metrics) {
    const double value = find_metric(line, name);
    if (!std::isnan(value)) return value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::string format_value(double value) {
  if (std::isnan(value)) return "-";
  return value != 0 && std::abs(value) < 1e-3 ? fmt::format("{:.1e}", value)
                                              : fmt::format("{:.3f}", value);
}

std::vector<std::vector<std::string>> table_of(const std::vector<Arm>& arms) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, auto&& value) {
    std::vector<std::string> row{name};
    for (const Arm& arm : arms) row.push_back(value(arm));
    rows.push_back(std::move(row));
  };
  add("", [](const Arm& arm) { return arm.title; });
  add("training steps", [](const Arm& arm) { return std::to_string(arm.summary.step); });
  add("sample std over 512 latents", [](const Arm& arm) { return format_value(arm.sample_std); });
  add("  the same of real images",
      [](const Arm& arm) { return format_value(first_value(arm, "real_std")); });
  const auto evaluated = [&](const Arm& arm, auto&& value) {
    return arm.evaluation ? value(*arm.evaluation) : std::string("-");
  };
  // Of other features the numbers do not compare: then each cell names its own.
  std::set<std::string> features;
  std::set<std::string> data;
  for (const Arm& arm : arms) {
    if (!arm.evaluation) continue;
    features.insert(arm.features);
    data.insert(arm.data);
  }
  const bool common = features.size() <= 1;
  add(common ? fmt::format("FID, features '{}', {} images{}",
                           features.empty() ? "none" : *features.begin(), kEvaluated,
                           data.size() > 1 ? " (other data: not to be compared)" : "")
             : fmt::format("FID, {} images (other features: not to be compared)", kEvaluated),
      [&](const Arm& arm) {
        return evaluated(arm, [&](const Evaluation& e) {
          return fmt::format("{:.1f}{}", e.fid, common ? "" : " '" + arm.features + "'");
        });
      });
  if (arms.front().evaluation && arms.front().evaluation->modes) {
    add("classes drawn", [&](const Arm& arm) {
      return evaluated(arm, [](const Evaluation& e) {
        return e.modes ? fmt::format("{} of {}", e.modes->covered, e.modes->classes)
                       : std::string("-");
      });
    });
  }
  for (const auto& [label, name] :
       std::vector<std::pair<std::string, std::string>>{{"loss of D", "loss_d"},
                                                        {"loss of G", "loss_g"},
                                                        {"D(x), real images", "d_real"},
                                                        {"D(G(z)), generated images", "d_fake"},
                                                        {"gradient norm of D", "grad_norm_d"},
                                                        {"gradient norm of G", "grad_norm_g"}}) {
    add(label, [&, key = name](const Arm& arm) { return format_value(late_mean(arm, key)); });
  }
  return rows;
}

}  // namespace

RunComparison compare_runs(const std::vector<std::filesystem::path>& runs,
                           const std::filesystem::path& picture) {
  std::vector<Arm> arms;
  arms.reserve(runs.size());
  for (const auto& run : runs) arms.push_back(read_arm(run, picture));
  std::set<std::string> titles_seen;
  for (const Arm& arm : arms) titles_seen.insert(arm.title);
  if (titles_seen.size() < arms.size()) {  // the norms do not tell them apart
    const std::vector<std::string> names = run_names(runs);
    for (size_t i = 0; i < arms.size(); ++i) arms[i].title = names[i] + ": " + arms[i].title;
  }
  std::vector<at::Tensor> grids;
  std::vector<std::string> titles;
  for (const Arm& arm : arms) {
    if (arm.grid.size(0) != arms.front().grid.size(0)) {
      throw UsageError(fmt::format(
          "{} and {}: images of {} and {} pixels do not fit in one picture", runs.front().string(),
          runs[grids.size()].string(), arms.front().summary.image_size, arm.summary.image_size));
    }
    grids.push_back(arm.grid);
    titles.push_back(fmt::format("{}, step {}", arm.title, arm.summary.step));
  }
  write_image(picture, side_by_side(grids, titles));
  return {table_of(arms)};
}

}  // namespace dcgan
