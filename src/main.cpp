#include <string_view>

#include "cli/app.h"
#include "metrics/torchscript_probe.h"
#include "studies/runner.h"

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == dcgan::kProbeTorchscript) {
    return dcgan::probe_torchscript(argv[2]);
  }
  if (argc == 2 && std::string_view(argv[1]) == dcgan::kStudyWorker) return dcgan::study_worker();
  return dcgan::run_command_line(argc, argv);
}
