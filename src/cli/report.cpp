#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/verbs.h"
#include "common/device.h"
#include "common/error.h"
#include "report/image_file.h"
#include "studies/compare_runs.h"
#include "studies/study_report.h"

namespace dcgan {
namespace {

struct Arguments {
  std::vector<std::string> folders;
  std::string out;
};

int report_runs(const Arguments& a) {
  const std::string picture = a.out.empty() ? "comparison.png" : a.out;
  if (a.folders.size() < 2 || a.folders.size() > 8) {
    throw UsageError("report: give two to eight runs to compare, or folders of studies");
  }
  check_image_path(picture);
  set_threads(0);
  const RunComparison comparison = compare_runs({a.folders.begin(), a.folders.end()}, picture);
  std::printf("%s\nboth grids, same latents: %s\n", comparison.table.c_str(), picture.c_str());
  return static_cast<int>(ExitCode::kDone);
}

int report_studies(const Arguments& a) {
  const std::filesystem::path out = a.out.empty() ? a.folders.front() : a.out;
  const StudyReport report = write_study_report({a.folders.begin(), a.folders.end()}, out);
  std::printf("report: %s\ntables: %s, %s\nfigures: %s\n", report.html.c_str(),
              report.markdown.c_str(), report.csv.c_str(), (out / "figures").c_str());
  return static_cast<int>(ExitCode::kDone);
}

int run_report(const Arguments& a) {
  for (const std::string& folder : a.folders) {
    if (holds_studies(folder)) return report_studies(a);
  }
  return report_runs(a);
}

}  // namespace

void add_report(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "report", "Of studies: verdicts, figures and films in one HTML file. Of runs: a comparison");
  auto a = std::make_shared<Arguments>();
  verb->add_option("folders", a->folders, "folders of studies (or shards), or 2 to 8 runs")
      ->required();
  verb->add_option(
          "--out", a->out,
          "of studies: folder for report.html, report.md, results.csv and figures/ (default: "
          "the first folder); of runs: picture, .png or .jpg (default: comparison.png)")
      ->take_last();
  verb->footer(
      "Examples: dcgan report studies/\n"
      "          dcgan report runs/00000-digits-batch runs/00001-digits-none");
  verb->callback([a, &chosen] { chosen = [a] { return run_report(*a); }; });
}

}  // namespace dcgan
