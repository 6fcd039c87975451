#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/values.h"
#include "cli/verbs.h"
#include "common/check_range.h"
#include "common/error.h"
#include "common/parse_number.h"
#include "studies/runner.h"

namespace dcgan {
namespace {

struct StudyArguments {
  std::string name;
  std::string budget = "quick";
  std::string shard;
  std::string out = "studies";
  int64_t seeds = 0;
  int64_t jobs = 0;
  bool dry_run = false;
  bool quiet = false;
  bool resume = false;
};

int list_studies() {
  for (const Study* study : all_studies()) {
    std::printf(
        "%s\n  claim: %s\n  refuted by: %s\n  measured: %s\n  failed: %s\n  decided by: %s\n"
        "  quick: %s\n  standard: %s\n",
        study->name().c_str(), study->claim().c_str(), study->refuted_by().c_str(),
        study->metric().c_str(), study->failure().c_str(), study->decision_rule().c_str(),
        study->setup(Budget::kQuick).c_str(), study->setup(Budget::kStandard).c_str());
  }
  return static_cast<int>(ExitCode::kDone);
}

void read_shard(const std::string& text, StudyRequest& request) {
  if (text.empty()) return;
  const size_t slash = text.find('/');
  const int64_t shard = parse_number<int64_t>(text.substr(0, slash)).value_or(0);
  const int64_t shards =
      slash == std::string::npos ? 0 : parse_number<int64_t>(text.substr(slash + 1)).value_or(0);
  if (shard < 1 || shard > shards) {
    throw UsageError("--shard " + text + ": expected i/n with i from 1 to n");
  }
  request.shard = shard - 1;
  request.shards = shards;
}

int run(const StudyArguments& a) {
  if (a.name == "list") return list_studies();
  StudyRequest request;
  request.budget = parse_budget(a.budget);
  request.seeds = a.seeds;
  request.jobs = a.jobs;
  request.dry_run = a.dry_run;
  request.quiet = a.quiet;
  constexpr int64_t kMostSeeds = 10'000;  // more than any comparison needs
  constexpr int64_t kMostJobs = 4096;
  check_range("seeds", a.seeds, 0, kMostSeeds);
  check_range("jobs", a.jobs, 0, kMostJobs);
  read_shard(a.shard, request);
  std::vector<const Study*> studies = all_studies();
  if (a.name != "all") studies = {&find_study(a.name)};
  for (const Study* study : studies) {
    request.study = study;
    request.out = std::filesystem::path(a.out) / study->name();
    const int code = run_study(request);
    if (code != 0) return code;
    if (!a.dry_run) {
      std::printf("results: %s\nfigures and verdicts: dcgan report %s\n",
                  (request.out / "results.jsonl").c_str(), request.out.c_str());
    }
  }
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

void add_study(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "study", "Put a claim about batch norm to the test: many runs, seeds and intervals");
  auto a = std::make_shared<StudyArguments>();
  verb->add_option("name", a->name, "a study, all, or list")->required();
  add_value(*verb, "--budget", a->budget, "quick (minutes, preliminary), standard (hours) or full");
  add_value(*verb, "--seeds", a->seeds, "seeds of each comparison; 0: the budget's own");
  add_value(*verb, "--jobs", a->jobs, "processes at a time, one thread each; 0: one a processor");
  add_value(*verb, "--shard", a->shard, "i/n: this machine's share of the cells (SLURM arrays)");
  add_value(*verb, "--out", a->out, "folder; each study has its own below it");
  verb->add_flag("--resume", a->resume,
                 "go on where the folder's results end (it always does; for scripts)");
  verb->add_flag("--dry-run", a->dry_run, "print the cells and what they cost");
  verb->add_flag("--quiet", a->quiet, "no progress");
  verb->footer("Example: dcgan study gan-stability --budget quick");
  verb->callback([a, &chosen] { chosen = [a] { return run(*a); }; });
}

}  // namespace dcgan
