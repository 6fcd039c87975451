#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/newest_run.h"
#include "cli/verbs.h"
#include "common/device.h"
#include "common/error.h"
#include "common/file.h"
#include "report/image_file.h"
#include "report/table.h"
#include "studies/compare_runs.h"
#include "studies/run_page.h"
#include "studies/study_report.h"
#include "training/run_directory.h"

namespace dcgan {
namespace {

struct ReportArguments {
  std::vector<std::string> folders;
  std::string out;
};

// The page of one run.
int report_run(const std::string& folder, std::string out) {
  if (!std::filesystem::exists(RunDirectory::open(folder).metrics())) {
    throw UsageError(folder + ": neither a run nor results of studies in it");
  }
  if (out.empty()) out = (std::filesystem::path(folder) / "report.html").string();
  if (lower_extension(out) != ".html") {
    throw UsageError("--out " + out +
                     ": the page of one run is an HTML file, as in --out page.html");
  }
  write_run_page({folder}, {}, out);
  std::printf("report: %s\n", out.c_str());
  return static_cast<int>(ExitCode::kDone);
}

// A picture of the grids, a table, and a page of the same name.
int compare(const ReportArguments& a) {
  if (a.folders.size() > 8) throw UsageError("report: at most eight runs beside each other");
  std::filesystem::path picture = a.out.empty() ? "comparison.png" : a.out;
  if (lower_extension(picture) == ".html") picture.replace_extension(".png");
  check_image_path(picture.string());
  std::filesystem::path page = picture;
  page.replace_extension(".html");
  set_threads(0);
  const std::vector<std::filesystem::path> runs{a.folders.begin(), a.folders.end()};
  const RunComparison comparison = compare_runs(runs, picture);
  write_run_page(runs, comparison.table, page);
  std::printf("%s\nboth grids, same latents: %s\ncurves, films, options: %s\n",
              format_table(comparison.table).c_str(), picture.c_str(), page.c_str());
  return static_cast<int>(ExitCode::kDone);
}

int report_studies(const ReportArguments& a) {
  const std::filesystem::path out = a.out.empty() ? a.folders.front() : a.out;
  const StudyReport report = write_study_report({a.folders.begin(), a.folders.end()}, out);
  std::printf("report: %s\ntables: %s, %s\nfigures: %s\n", report.html.c_str(),
              report.markdown.c_str(), report.csv.c_str(), (out / "figures").c_str());
  return static_cast<int>(ExitCode::kDone);
}

int run_report(const ReportArguments& a) {
  for (const std::string& folder : a.folders) {
    if (holds_studies(folder)) return report_studies(a);
  }
  if (a.folders.empty()) return report_run(newest_run_folder(), a.out);
  return a.folders.size() == 1 ? report_run(a.folders.front(), a.out) : compare(a);
}

}  // namespace

void add_report(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("report",
                                      "Of studies: verdicts, figures and films in one HTML file. "
                                      "Of a run: its page; of several: a comparison");
  auto a = std::make_shared<ReportArguments>();
  verb->add_option(
      "folders", a->folders,
      "folders of studies (or shards), a run, or 2 to 8 runs (default: the newest run)");
  verb->add_option(
          "--out", a->out,
          "of studies: folder for report.html, report.md, results.csv and figures/ (default: "
          "the first folder); of a run: its page (default: RUN/report.html); of several: picture, "
          ".png or .jpg, with a page of the same name, .html (default: comparison.png)")
      ->take_last();
  verb->footer(
      "Examples: dcgan report studies/\n"
      "          dcgan report runs/00000-digits-batch\n"
      "          dcgan report runs/00000-digits-batch runs/00001-digits-none");
  verb->callback([a, &chosen] { chosen = [a] { return run_report(*a); }; });
}

}  // namespace dcgan
