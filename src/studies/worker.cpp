#include <sys/prctl.h>
#include <torch/utils.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/text.h"
#include "studies/results.h"
#include "studies/runner.h"

namespace dcgan {
namespace {

nlohmann::json run_cell(const Cell& cell, const std::string& film) {
  const Study& study = find_study(cell.study);
  const auto start = std::chrono::steady_clock::now();
  nlohmann::json record;
  try {
    record = study.run(cell, film);
  } catch (const c10::Error& error) {
    record["error"] = first_line(error.what_without_backtrace());
  } catch (const std::exception& error) {
    record["error"] = first_line(error.what());
  }
  record["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  describe_machine(record);
  return record;
}

}  // namespace

int study_worker() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a parent killed -9 leaves no process at work
  ::signal(SIGINT, SIG_IGN);           // the parent decides; it closes the pipe or kills
  torch::set_num_threads(1);
  std::string line;
  while (std::getline(std::cin, line)) {
    const nlohmann::json task = nlohmann::json::parse(line);
    const Cell cell{task["study"], task["stage"], task["arm"], task["settings"], task["seed"]};
    const nlohmann::json record = run_cell(cell, task["film"]);
    // Numbers that are not finite have no JSON: null.
    std::cout << record.dump() << std::endl;
  }
  return 0;
}

}  // namespace dcgan
