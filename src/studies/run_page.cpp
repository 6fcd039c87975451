#include "studies/run_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/error.h"
#include "common/file.h"
#include "common/run_folder.h"
#include "common/text.h"
#include "report/html_page.h"
#include "report/metrics_log.h"
#include "studies/figure_json.h"
#include "training/options.h"
#include "training/run_directory.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Run {
  std::string name;
  RunDirectory folder;
  std::vector<Metrics> metrics;
  TrainOptions options;
};

Run read_run(const fs::path& path, const std::string& name) {
  Run run{name, RunDirectory::open(path), {}, {}};
  std::error_code error;
  if (!fs::exists(run.folder.metrics(), error)) {
    throw CheckpointError(
        fmt::format("{}: no run: there is no {}", path.string(), run.folder.metrics().string()));
  }
  run.metrics = read_metrics(run.folder.metrics());
  options_from_toml(read_text(run.folder.config()), run.folder.config().string(), run.options);
  return run;
}

// The curve of a metric, averaged over neighbouring lines where there are more than a screen shows:
// single steps of a GAN jump.
Figure::Series curve(const Run& run, const std::string& metric, const std::string& name) {
  constexpr size_t kMostPoints = 300;
  std::vector<double> steps;
  std::vector<double> values;
  for (const Metrics& line : run.metrics) {
    const double value = find_metric(line, metric);
    if (!std::isfinite(value)) continue;
    steps.push_back(find_metric(line, "step"));
    values.push_back(value);
  }
  Figure::Series series;
  series.name = name;
  const size_t width = (values.size() + kMostPoints - 1) / kMostPoints;
  for (size_t first = 0; first < values.size(); first += width) {
    const size_t count = std::min(width, values.size() - first);
    double sum = 0;
    for (size_t i = first; i < first + count; ++i) sum += values[i];
    series.x.push_back(steps[first + count - 1]);
    series.y.push_back(sum / static_cast<double>(count));
  }
  return series;
}

// What a chart shows: several metrics of one run, or the first of them of several runs.
struct Chart {
  const char* title;
  std::vector<std::pair<const char*, const char*>> metrics;
  bool log_y = false;
};

const std::vector<Chart>& charts() {
  static const std::vector<Chart> charts{
      {"Losses", {{"loss_d", "of D"}, {"loss_g", "of G"}}},
      {"The discriminator's mean probability of being real",
       {{"d_real", "D(x), real images"},
        {"d_fake", "D(G(z)), generated ones"},
        {"d_fake_after", "D(G(z)) after D's step"}}},
      {"FID of the samples (lower is better)", {{"fid", "FID"}}, true},
      {"KID of the samples (lower is better)", {{"kid", "KID"}}},
      {"Classes drawn", {{"modes_covered", "classes"}}},
      {"Standard deviation over the samples (near 0: they look alike)",
       {{"sample_std", "samples"}}},
      {"Gradient norms", {{"grad_norm_d", "of D"}, {"grad_norm_g", "of G"}}, true},
      {"Learning rates", {{"lr_g", "of G"}, {"lr_d", "of D"}}},
      {"Images a second", {{"images_per_second", "images a second"}}}};
  return charts;
}

Figure figure_of(const std::string& title, bool log_y) {
  Figure figure;
  figure.title = title;
  figure.x_label = "step";
  figure.log_y = log_y;
  return figure;
}

// A line at the value that the real images have, where the run noted it.
void add_real_deviation(const Run& run, Figure& figure) {
  if (run.metrics.empty()) return;
  const double real = find_metric(run.metrics.front(), "real_std");
  if (!std::isfinite(real) || figure.series.empty()) return;
  Figure::Series line;
  line.name = "real images";
  line.x = figure.series.front().x;
  line.y.assign(line.x.size(), real);
  figure.series.push_back(std::move(line));
}

json curves(const std::vector<Run>& runs) {
  json figures = json::array();
  const auto add = [&](const Figure& figure) {
    if (!figure.series.empty()) figures.push_back(figure_json(figure));
  };
  for (const Chart& chart : charts()) {
    if (runs.size() == 1) {
      Figure figure = figure_of(chart.title, chart.log_y);
      for (const auto& [metric, name] : chart.metrics) {
        Figure::Series series = curve(runs.front(), metric, name);
        if (!series.x.empty()) figure.series.push_back(std::move(series));
      }
      if (chart.metrics.front().first == std::string("sample_std")) {
        add_real_deviation(runs.front(), figure);
      }
      add(figure);
      continue;
    }
    for (const auto& [metric, name] : chart.metrics) {
      const bool alone = chart.metrics.size() == 1;
      Figure figure =
          figure_of(alone ? chart.title : fmt::format("{}: {}", chart.title, name), chart.log_y);
      for (const Run& run : runs) {
        Figure::Series series = curve(run, metric, run.name);
        if (!series.x.empty()) figure.series.push_back(std::move(series));
      }
      add(figure);
    }
  }
  return figures;
}

json table(const std::string& title, const std::vector<std::vector<std::string>>& rows) {
  Figure figure;
  figure.kind = Figure::Kind::kTable;
  figure.title = title;
  figure.x_label = rows.front().front();
  figure.x_names.assign(rows.front().begin() + 1, rows.front().end());
  for (size_t i = 1; i < rows.size(); ++i) {
    Figure::Series row;
    row.name = rows[i].front();
    row.notes.assign(rows[i].begin() + 1, rows[i].end());
    figure.series.push_back(std::move(row));
  }
  return figure_json(figure);
}

std::string shown(const ConfigEntry& entry) {
  const std::string line = format_config_line(entry.key, entry.value);
  const std::string value = line.substr(line.find("= ") + 2);
  return value == "\"\"" ? "-" : value;
}

// Of one run every option beside its default; of several those in which they differ.
json options_table(const std::vector<Run>& runs) {
  std::vector<std::vector<std::string>> rows;
  const auto defaults = options_to_entries({});
  std::vector<std::vector<ConfigEntry>> entries;
  entries.reserve(runs.size());
  for (const Run& run : runs) entries.push_back(options_to_entries(run.options));
  rows.push_back({"option"});
  if (runs.size() == 1) {
    rows.front().insert(rows.front().end(), {"value", "default"});
  } else {
    for (const Run& run : runs) rows.front().push_back(run.name);
  }
  for (size_t i = 0; i < defaults.size(); ++i) {
    std::vector<std::string> row{"--" + defaults[i].key};
    bool differs = runs.size() == 1;
    for (const auto& of_run : entries) {
      row.push_back(shown(of_run[i]));
      differs |= row.back() != row[1];
    }
    if (runs.size() == 1) {
      const std::string standard = shown(defaults[i]);
      row.push_back(row[1] == standard ? "the same" : standard);
    }
    if (differs) rows.push_back(std::move(row));
  }
  if (rows.size() == 1) return nullptr;
  return table(runs.size() == 1 ? "Options" : "Options in which the runs differ", rows);
}

// Facts of the run that its curves do not show.
json facts_of(const Run& run) {
  json facts = json::array();
  const auto add = [&](const char* name, const std::string& value) {
    facts.push_back({name, value});
  };
  const double step = run.metrics.empty() ? 0 : find_metric(run.metrics.back(), "step");
  add("step", fmt::format("{} of {}", with_thousands(static_cast<int64_t>(step)),
                          run.options.steps > 0 ? with_thousands(run.options.steps)
                                                : fmt::format("{} epochs", run.options.epochs)));
  double seconds = 0;
  for (const Metrics& line : run.metrics) {
    const double value = find_metric(line, "seconds");
    if (std::isfinite(value)) seconds = value;
  }
  if (seconds > 0) add("time of the last stretch", format_duration(seconds));
  std::error_code error;
  if (fs::exists(run.folder.environment(), error)) {
    const json environment =
        json::parse(read_text(run.folder.environment()), nullptr, /*allow_exceptions=*/false);
    if (environment.is_object()) {
      for (const char* key : {"images", "device", "threads", "dcgan", "libtorch"}) {
        const auto found = environment.find(key);
        if (found == environment.end()) continue;
        add(key, found->is_string() ? found->get<std::string>() : found->dump());
      }
    }
  }
  const auto checkpoints = run.folder.checkpoints();
  if (!checkpoints.empty()) add("newest checkpoint", checkpoints.front().string());
  if (fs::exists(run.folder.best_checkpoint(), error)) {
    add("best checkpoint", run.folder.best_checkpoint().string());
  }
  add("command", "dcgan train --config " + shell_quoted(run.folder.config().string()));
  return facts;
}

void add_films(const Run& run, size_t runs, json& films) {
  constexpr uint64_t kMostBytes = 10'000'000;
  json frames = film_frames(run.folder.sample(0).parent_path(), kMostBytes / runs);
  if (!frames.empty()) films.push_back({{"title", run.name}, {"frames", std::move(frames)}});
  std::error_code error;
  if (runs == 1 && fs::exists(run.folder.reals(), error)) {
    films.push_back(
        {{"title", "training images"},
         {"frames",
          json::array({{{"step", 0}, {"image", image_url(run.folder.reals().string())}}})}});
  }
}

}  // namespace

void write_run_page(const std::vector<fs::path>& paths,
                    std::vector<std::vector<std::string>> comparison, const fs::path& out) {
  std::vector<Run> runs;
  runs.reserve(paths.size());
  const std::vector<std::string> names = run_names(paths);
  for (size_t i = 0; i < paths.size(); ++i) runs.push_back(read_run(paths[i], names[i]));
  // The table's titles tell the norms: one name a run everywhere.
  for (size_t i = 0; i < runs.size() && !comparison.empty(); ++i) {
    std::string& head = comparison.front()[i + 1];
    if (!head.starts_with(runs[i].name)) head.insert(0, runs[i].name + ": ");
    runs[i].name = head;
  }
  std::string title = runs.front().name;
  for (size_t i = 1; i < runs.size(); ++i) {
    title += i + 1 < runs.size() ? ", " : " and ";
    title += runs[i].name;
  }
  json section{{"name", runs.size() == 1 ? "The run" : "The runs"},
               {"preliminary", false},
               {"facts", runs.size() == 1 ? facts_of(runs.front()) : json::array()},
               {"findings", json::array()},
               {"figures", curves(runs)},
               {"films", json::array()}};
  for (const Run& run : runs) add_films(run, runs.size(), section["films"]);
  if (!comparison.empty()) {
    section["figures"].insert(section["figures"].begin(), table("At the end", comparison));
  }
  json options = options_table(runs);
  if (!options.is_null()) section["figures"].push_back(std::move(options));
  const json page{
      {"title", title},
      {"intro", runs.size() == 1
                    ? "A training run: what it drew from fixed latents, its curves, its options."
                    : "Runs beside each other: one of each is an illustration, not a proof."},
      {"studies", json::array({section})}};
  write_atomically(out, html_page(page));
}

}  // namespace dcgan
