#include "studies/runner.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "common/error.h"
#include "common/parallel.h"
#include "common/text.h"
#include "report/progress.h"
#include "studies/records.h"
#include "studies/results.h"
#include "studies/worker_process.h"
#include "training/signals.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

void complete(nlohmann::json& record, const Study& study, const Cell& cell) {
  record["study"] = study.name();
  record["version"] = study.version();
  record["key"] = cell.key();
  record["stage"] = cell.stage;
  record["arm"] = cell.arm;
  record["settings"] = nlohmann::json::parse(cell.settings);
  record["seed"] = cell.seed;
}

// What this shard has of the cells that are known by now: all of the stages whose choice fell.
struct Plan {
  int64_t finished = 0;
  std::deque<Cell> open;  // without a result
};

Plan plan_of(const StudyRequest& request, const Records& records) {
  std::set<std::string> done;
  for (const nlohmann::json& record : records) done.insert(record["key"].get<std::string>());
  Plan plan;
  int64_t place = 0;
  for (Cell& cell : request.study->cells(request.budget, request.seeds, records)) {
    if (place++ % request.shards != request.shard) continue;
    if (done.contains(cell.key())) {
      ++plan.finished;
    } else {
      plan.open.push_back(std::move(cell));
    }
  }
  return plan;
}

// All of this shard's cells, as far as that can be told before the stages' choices fall.
int64_t expected_cells(const StudyRequest& request, const Plan& plan) {
  return std::max<int64_t>(
      request.study->expected_cells(request.budget, request.seeds) / request.shards,
      plan.finished + static_cast<int64_t>(plan.open.size()));
}

class StudyRun {
 public:
  StudyRun(const StudyRequest& request, const ResultsFile& file,
           std::vector<nlohmann::json> records)
      : request_(request), file_(file), records_(std::move(records)) {}

  bool complete_study() const {
    return request_.study->complete(request_.budget, request_.seeds, records_);
  }

  size_t errors() const { return errors_.size(); }

  int run() {
    StopSignals signals;
    const int64_t jobs = request_.jobs > 0 ? request_.jobs : available_processors();
    Plan plan = plan_of(request_, records_);
    finished_ = plan.finished;
    Progress progress(finished_, expected_cells(request_, plan),
                      request_.quiet ? ProgressStyle::kQuiet : ProgressStyle::kText, "cell");
    std::vector<std::unique_ptr<WorkerProcess>> workers;
    std::deque<Cell> open = std::move(plan.open);
    while (signals.received() == 0) {
      if (open.empty() &&
          std::all_of(workers.begin(), workers.end(), [](const auto& w) { return w->idle(); })) {
        open = open_cells();  // the next stage
        if (open.empty()) break;
      }
      for (auto& worker : workers) hand_out(*worker, open);
      while (!open.empty() && static_cast<int64_t>(workers.size()) < jobs) {
        workers.push_back(std::make_unique<WorkerProcess>());
        hand_out(*workers.back(), open);
      }
      collect(workers, progress);
    }
    progress.finish();
    return signals.received();
  }

 private:
  // What is still to be tried: no cell twice in a call.
  std::deque<Cell> open_cells() const {
    std::deque<Cell> open = plan_of(request_, records_).open;
    std::erase_if(open, [&](const Cell& cell) { return errors_.contains(cell.key()); });
    return open;
  }

  void hand_out(WorkerProcess& worker, std::deque<Cell>& open) const {
    if (!worker.idle() || open.empty()) return;
    const Cell& cell = open.front();
    worker.give(cell, cell.is_filmed() ? (request_.out / "films" / cell.film()).string() : "");
    open.pop_front();
  }

  // Waits for the next results and keeps them.
  void collect(const std::vector<std::unique_ptr<WorkerProcess>>& workers, Progress& progress) {
    std::vector<pollfd> descriptors;
    std::vector<WorkerProcess*> busy;
    for (const auto& worker : workers) {
      if (worker->idle()) continue;
      descriptors.push_back({worker->output(), POLLIN, 0});
      busy.push_back(worker.get());
    }
    constexpr int kMilliseconds = 500;  // signals are looked at that often
    if (::poll(descriptors.data(), descriptors.size(), kMilliseconds) <= 0) return;
    for (size_t i = 0; i < busy.size(); ++i) {
      if (descriptors[i].revents == 0) continue;
      const Cell cell = busy[i]->cell();
      auto record = busy[i]->take();
      if (!record) continue;
      if (record->contains("error")) {
        // No result of the cell, but a fault of program or machine: it is not counted against the
        // arm, and the next call tries again.
        errors_.insert(cell.key());
        progress.message(fmt::format("{} {} {} seed {}: {}", cell.stage, cell.arm, cell.settings,
                                     cell.seed, (*record)["error"].get<std::string>()));
        continue;
      }
      complete(*record, *request_.study, cell);
      file_.append(*record);
      records_.push_back(*record);
      ++finished_;
      if (progress.due(finished_)) {
        progress.update(finished_,
                        fmt::format("{} {} {} seed {}{}", cell.stage, cell.arm, cell.settings,
                                    cell.seed, record->value("failed", false) ? ": failed" : ""));
      }
    }
  }

  const StudyRequest& request_;
  const ResultsFile& file_;
  std::vector<nlohmann::json> records_;
  int64_t finished_ = 0;  // of the cells that this call is about
  std::set<std::string> errors_;
};

// This shard's cells that are still to be run.
void print_plan(const StudyRequest& request, const Records& results) {
  const Plan plan = plan_of(request, results);
  double seconds = 0;
  for (const Cell& cell : plan.open) seconds += request.study->cell_seconds(cell);
  const auto known = static_cast<int64_t>(plan.open.size());
  const int64_t total = expected_cells(request, plan) - plan.finished;
  const int64_t jobs = request.jobs > 0 ? request.jobs : available_processors();
  const double mean = known == 0 ? 0 : seconds / static_cast<double>(known);
  std::printf(
      "%s, budget %s: %ld cells to run (%ld are done), %ld of them known now, %s each on one "
      "thread, about %s with %ld processes\n",
      request.study->name().c_str(), to_string(request.budget).c_str(), static_cast<long>(total),
      static_cast<long>(plan.finished), static_cast<long>(known), format_duration(mean).c_str(),
      format_duration(mean * static_cast<double>(total) / static_cast<double>(jobs)).c_str(),
      static_cast<long>(jobs));
  for (const Cell& cell : plan.open) {
    std::printf("%s  %s  %s  seed %lu\n", cell.stage.c_str(), cell.arm.c_str(),
                cell.settings.c_str(), static_cast<unsigned long>(cell.seed));
  }
}

}  // namespace

int run_study(const StudyRequest& request) {
  const Study& study = *request.study;
  const ResultsFile file(request.out / "results.jsonl");
  const auto finished = [&] {
    ResultsFile::Content content = file.read(study);
    for (const std::string& remark : content.remarks) {
      std::fprintf(stderr, "warning: %s\n", remark.c_str());
    }
    return std::move(content.records);
  };
  if (request.dry_run) {
    print_plan(request, finished());
    return 0;
  }
  std::error_code error;
  fs::create_directories(request.out, error);
  if (error) {
    throw UsageError(fmt::format("--out {}: {}", request.out.string(), error.message()));
  }
  // Locked before it is read: nobody finishes one of these cells in between.
  const std::shared_ptr<void> lock = file.lock(request.shard, request.shards);
  StudyRun run(request, file, finished());
  const int signal = run.run();
  constexpr int kSignalBase = 128;
  if (signal != 0) {
    std::printf("stopped; the same command goes on: finished cells are kept in %s\n",
                (request.out / "results.jsonl").c_str());
    return kSignalBase + signal;
  }
  if (run.errors() > 0) {
    throw UsageError(
        fmt::format("{} cells could not be run (see above); the same command tries them again, "
                    "finished ones are kept",
                    run.errors()));
  }
  if (!run.complete_study()) {
    std::printf(
        "this shard's cells are done; the next stage needs the other shards' results.jsonl "
        "joined to this one\n");
  }
  return 0;
}

}  // namespace dcgan
