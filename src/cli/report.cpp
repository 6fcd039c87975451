#include <cstdio>
#include <memory>

#include "cli/verbs.h"
#include "common/device.h"
#include "common/error.h"
#include "report/image_file.h"
#include "studies/compare_runs.h"

namespace dcgan {
namespace {

struct Arguments {
  std::vector<std::string> runs;
  std::string out = "comparison.png";
};

int run_report(const Arguments& a) {
  check_image_path(a.out);
  set_threads(0);
  const RunComparison comparison = compare_runs({a.runs.begin(), a.runs.end()}, a.out);
  std::printf("%s\nboth grids, same latents: %s\n", comparison.table.c_str(), a.out.c_str());
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

void add_report(CLI::App& app, Verb& chosen) {
  CLI::App* verb =
      app.add_subcommand("report", "Compare runs: a table, and their grids side by side");
  auto a = std::make_shared<Arguments>();
  verb->add_option("runs", a->runs, "run folders")->required()->expected(2, 8);
  verb->add_option("--out", a->out, "picture to write, .png or .jpg")
      ->capture_default_str()
      ->take_last();
  verb->footer("Example: dcgan report runs/00000-digits-batch runs/00001-digits-none");
  verb->callback([a, &chosen] { chosen = [a] { return run_report(*a); }; });
}

}  // namespace dcgan
