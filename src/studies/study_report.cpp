#include "studies/study_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "report/html_page.h"
#include "studies/figure_json.h"
#include "studies/figure_svg.h"
#include "studies/glossary.h"
#include "studies/records.h"
#include "studies/results.h"
#include "studies/study_csv.h"
#include "studies/study_markdown.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Study folders below the given ones.
std::vector<fs::path> result_folders(const std::vector<fs::path>& folders) {
  std::vector<fs::path> found;
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (fs::exists(folder / "results.jsonl", error)) {
      found.push_back(folder);
      continue;
    }
    std::vector<fs::path> below;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (fs::exists(entry.path() / "results.jsonl", error)) below.push_back(entry.path());
    }
    std::sort(below.begin(), below.end());
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

std::string joined(const std::set<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

// The command, machines and time behind the results.
std::vector<std::pair<std::string, std::string>> facts_of(const Study& study,
                                                          const Records& results, Budget budget) {
  std::set<std::string> processors;
  std::set<std::string> builds;
  double seconds = 0;
  for (const json& record : results) {
    processors.insert(record.value("processor", "unknown"));
    builds.insert(record.value("program", "") + " " + record.value("build", ""));
    seconds += record.value("seconds", 0.0);
  }
  return {{"claim", study.claim()},
          {"refuted by", study.refuted_by()},
          {"measured", study.metric()},
          {"failed", study.failure()},
          {"decided by", study.decision_rule()},
          {"set-up", study.setup(budget)},
          {"runs", fmt::format("{} finished, {} of them failed; {} on one thread each",
                               results.size(), count_failed(results), format_duration(seconds))},
          {"command", fmt::format("dcgan study {} --budget {}", study.name(), to_string(budget))},
          {"processor", joined(processors)},
          {"build", joined(builds)}};
}

// The largest budget whose cells all have results; else the one under way.
Budget budget_of(const Study& study, const Records& results) {
  for (const Budget budget : {Budget::kFull, Budget::kStandard}) {
    const bool more = budget == Budget::kStandard ||
                      study.expected_cells(budget, 0) > study.expected_cells(Budget::kStandard, 0);
    if (more && study.complete(budget, 0, results)) return budget;
  }
  // Results beyond the quick cells: a standard study under way.
  return static_cast<int64_t>(results.size()) > study.expected_cells(Budget::kQuick, 0)
             ? Budget::kStandard
             : Budget::kQuick;
}

// Films side by side that differ in the arm alone, the settings with most arms first, and of those
// the highest learning rates.
json films_of(const std::vector<fs::path>& folders, const Records& results) {
  constexpr size_t kMostFilms = 8;
  struct Film {
    std::string title;
    fs::path path;
  };
  std::map<std::pair<double, std::string>, std::vector<Film>> groups;
  for (const json& record : results) {
    const Cell cell{record["study"], record["stage"], record["arm"], record["settings"].dump(),
                    record["seed"]};
    for (const fs::path& folder : folders) {
      std::error_code error;
      const fs::path path = folder / "films" / cell.film();
      if (!cell.is_filmed() || !fs::is_directory(path, error)) continue;
      json common = record["settings"];
      const double lr = common.value("lr", 0.0);
      const std::string init = common.value("init", "");
      for (const char* key : {"norm_g", "norm_d", "init", "mixing", "convolutions"})
        common.erase(key);
      groups[{-lr, cell.stage + common.dump()}].push_back(
          {fmt::format("{}, {}, learning rate {:g}{}", cell.arm, init, lr,
                       failed(record) ? ": failed" : ""),
           path});
      break;
    }
  }
  json films = json::array();
  for (const bool several : {true, false}) {
    for (const auto& [key, group] : groups) {
      if ((group.size() > 1) != several) continue;
      for (const Film& film : group) {
        if (films.size() == kMostFilms) return films;
        json frames = film_frames(film.path);
        if (!frames.empty())
          films.push_back({{"title", film.title}, {"frames", std::move(frames)}});
      }
    }
  }
  return films;
}

// The study's findings and figures; what they cannot read in a record is the record's fault.
template <typename Work>
auto reading(const Study& study, Work&& work) {
  try {
    return work();
  } catch (const json::exception& error) {
    throw DataError(
        fmt::format("results of {}: a field is missing or of another type than this "
                    "program writes ({})",
                    study.name(), first_line(error.what())));
  }
}

}  // namespace

bool holds_studies(const fs::path& path) { return !result_folders({path}).empty(); }

StudyReport write_study_report(const std::vector<fs::path>& folders, const fs::path& out) {
  for (const fs::path& folder : folders) {
    if (!holds_studies(folder)) {
      throw UsageError(fmt::format("{}: no results of studies in it", folder.string()));
    }
  }
  const std::vector<fs::path> found = result_folders(folders);
  std::error_code error;
  fs::create_directories(out / "figures", error);
  if (error) throw UsageError(fmt::format("--out {}: {}", out.string(), error.message()));
  json page{{"title", "What batch normalisation does to a DCGAN"},
            {"intro",
             "Each claim was put to the test by many runs; the rules that decide were fixed "
             "beforehand, except where a study says otherwise. Intervals are at 95 %."},
            {"words", report_glossary()},
            {"studies", json::array()}};
  std::string glance =
      "# What batch normalisation does to a DCGAN\n\n"
      "| study | claim | supported | inconclusive | not supported | no data |\n"
      "|---|---|---|---|---|---|\n";
  std::string markdown;
  Records all;
  for (const Study* study : all_studies()) {
    std::vector<std::string> remarks;
    const Records results = merged_results(*study, found, remarks);
    for (const std::string& remark : remarks) std::fprintf(stderr, "warning: %s\n", remark.c_str());
    if (results.empty()) continue;
    all.insert(all.end(), results.begin(), results.end());
    const Budget budget = budget_of(*study, results);
    const auto facts = reading(*study, [&] { return facts_of(*study, results, budget); });
    const auto findings = reading(*study, [&] { return study->findings(results); });
    const auto figures = reading(*study, [&] { return study->figures(results); });
    const bool preliminary = budget == Budget::kQuick || !study->complete(budget, 0, results);
    json entry{{"name", study->name()},     {"preliminary", preliminary}, {"facts", json::array()},
               {"findings", json::array()}, {"figures", json::array()},   {"films", json::array()}};
    for (const auto& [name, value] : facts) entry["facts"].push_back({name, value});
    for (const Finding& f : findings) {
      entry["findings"].push_back({{"claim", f.claim},
                                   {"verdict", f.verdict},
                                   {"meaningful", f.meaningful},
                                   {"evidence", f.evidence}});
    }
    std::vector<std::string> pictures;
    std::string tables;
    for (const Figure& figure : figures) {
      entry["figures"].push_back(figure_json(figure));
      if (figure.kind == Figure::Kind::kTable) {
        tables += markdown_table(figure);
        continue;
      }
      const std::string name = fmt::format("figures/{}-{}.svg", study->name(), pictures.size() + 1);
      write_atomically(out / name, figure_svg(figure));
      pictures.push_back(name);
    }
    std::vector<fs::path> own;
    for (const fs::path& folder : found) {
      if (folder.filename() == study->name()) own.push_back(folder);
    }
    entry["films"] = films_of(own, results);
    glance += glance_line(*study, preliminary, findings);
    page["studies"].push_back(std::move(entry));
    markdown += markdown_of(*study, preliminary, findings, facts, pictures) + tables;
  }
  if (all.empty()) throw DataError("no results of a study that this program knows");
  const StudyReport report{out / "report.html", out / "report.md", out / "results.csv"};
  write_atomically(report.html, html_page(page));
  write_atomically(report.markdown, glance + "\n" + markdown_glossary() + markdown);
  write_atomically(report.csv, csv_of(all));
  return report;
}

}  // namespace dcgan
