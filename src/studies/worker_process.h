#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "studies/study.h"

namespace dcgan {

/// A child process of this program (kStudyWorker) that works on one cell at a time. It is killed
/// with its owner.
class WorkerProcess {
 public:
  /// Throws UsageError where no process can be started.
  WorkerProcess() { start(); }
  ~WorkerProcess() { end(/*kill=*/true); }
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  bool idle() const { return !cell_; }
  /// What it works on; only of one that is not idle.
  const Cell& cell() const { return *cell_; }
  /// The descriptor that becomes readable when there is something to take().
  int output() const { return from_; }

  void give(const Cell& cell, const std::string& film);

  /// Reads what there is; the record once it is whole. A process that ended leaves a record with
  /// "error", and a new one takes its place; throws UsageError where none can be started.
  std::optional<nlohmann::json> take();

 private:
  void start();
  /// Closes the pipes and waits for the process; returns its status. Nothing is left that a second
  /// call could close, kill or wait for.
  int end(bool kill);
  /// Why the process ended; a new one takes its place.
  std::string restart();

  pid_t process_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::optional<Cell> cell_;
  std::string text_;
};

}  // namespace dcgan
