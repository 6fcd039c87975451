#include <string_view>

#include "cli/app.h"
#include "metrics/torchscript_probe.h"

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == dcgan::kProbeTorchscript) {
    return dcgan::probe_torchscript(argv[2]);
  }
  return dcgan::run_command_line(argc, argv);
}
