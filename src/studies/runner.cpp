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

class StudyRun {
 public:
  StudyRun(const StudyRequest& request, const ResultsFile& file,
           std::vector<nlohmann::json> records)
      : request_(request), file_(file), records_(std::move(records)) {
    for (const auto& record : records_) done_.insert(record["key"].get<std::string>());
  }

  // Cells of the stages that are open now and have no result.
  std::deque<Cell> open_cells() const {
    std::deque<Cell> open;
    int64_t place = 0;
    for (Cell& cell : request_.study->cells(request_.budget, request_.seeds, records_)) {
      const bool mine = place++ % request_.shards == request_.shard;
      if (mine && !done_.contains(cell.key()) && !errors_.contains(cell.key()))
        open.push_back(std::move(cell));
    }
    return open;
  }

  bool complete_study() const {
    return request_.study->complete(request_.budget, request_.seeds, records_);
  }

  size_t errors() const { return errors_.size(); }

  int run() {
    StopSignals signals;
    const int64_t jobs = request_.jobs > 0 ? request_.jobs : available_processors();
    const auto expected = std::max<int64_t>(
        request_.study->expected_cells(request_.budget, request_.seeds) / request_.shards,
        static_cast<int64_t>(done_.size()));
    Progress progress(static_cast<int64_t>(done_.size()), expected,
                      request_.quiet ? ProgressStyle::kQuiet : ProgressStyle::kText, "cell");
    std::vector<std::unique_ptr<WorkerProcess>> workers;
    std::deque<Cell> open = open_cells();
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
      done_.insert(cell.key());
      records_.push_back(*record);
      const auto finished = static_cast<int64_t>(done_.size());
      if (progress.due(finished)) {
        progress.update(finished,
                        fmt::format("{} {} {} seed {}{}", cell.stage, cell.arm, cell.settings,
                                    cell.seed, record->value("failed", false) ? ": failed" : ""));
      }
    }
  }

  const StudyRequest& request_;
  const ResultsFile& file_;
  std::vector<nlohmann::json> records_;
  std::set<std::string> done_;
  std::set<std::string> errors_;
};

// This shard's cells that are still to be run.
void print_plan(const StudyRequest& request, const Records& results) {
  const std::vector<Cell> known = request.study->cells(request.budget, request.seeds, results);
  std::set<std::string> done;
  for (const nlohmann::json& record : results) done.insert(record["key"].get<std::string>());
  std::vector<Cell> cells;
  int64_t finished = 0;
  double seconds = 0;
  for (size_t i = 0; i < known.size(); ++i) {
    if (static_cast<int64_t>(i) % request.shards != request.shard) continue;
    if (done.contains(known[i].key())) {
      ++finished;
      continue;
    }
    cells.push_back(known[i]);
    seconds += request.study->cell_seconds(known[i]);
  }
  const int64_t share =
      request.study->expected_cells(request.budget, request.seeds) / request.shards;
  const int64_t total = std::max<int64_t>(share - finished, static_cast<int64_t>(cells.size()));
  const int64_t jobs = request.jobs > 0 ? request.jobs : available_processors();
  const double mean = cells.empty() ? 0 : seconds / static_cast<double>(cells.size());
  std::printf(
      "%s, budget %s: %ld cells to run (%ld are done), %ld of them known now, %s each on one "
      "thread, about %s with %ld processes\n",
      request.study->name().c_str(), to_string(request.budget).c_str(), static_cast<long>(total),
      static_cast<long>(finished), static_cast<long>(cells.size()), format_duration(mean).c_str(),
      format_duration(mean * static_cast<double>(total) / static_cast<double>(jobs)).c_str(),
      static_cast<long>(jobs));
  for (const Cell& cell : cells) {
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
