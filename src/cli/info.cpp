#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/newest_run.h"
#include "cli/verbs.h"
#include "common/error.h"
#include "common/text.h"
#include "report/table.h"
#include "training/checkpoint.h"

namespace dcgan {
namespace {

std::string describe_shape(const at::Tensor& tensor) {
  std::string text = "[";
  for (const int64_t n : tensor.sizes()) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

int run_info(const std::string& where) {
  const std::filesystem::path path = find_checkpoint(where);
  const TensorFile file = read_checkpoint(path);
  std::printf("%s\n\n", path.c_str());
  for (const auto& [key, value] : file.metadata) {
    if (value.find('\n') == std::string::npos) {
      std::printf("%s: %s\n", printable(key).c_str(), printable(value).c_str());
    } else {
      std::printf("%s:\n", printable(key).c_str());
      for (size_t begin = 0; begin < value.size();) {
        const size_t end = std::min(value.find('\n', begin), value.size());
        std::printf("  %s\n", printable(value.substr(begin, end - begin)).c_str());
        begin = end + 1;
      }
    }
  }
  std::vector<std::vector<std::string>> rows{{"tensor", "type", "shape", "mean", "std"}};
  int64_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors) {
    const at::Tensor values = tensor.to(at::kDouble);
    rows.push_back({printable(name), c10::toString(tensor.scalar_type()), describe_shape(tensor),
                    fmt::format("{:.4g}", values.mean().item<double>()),
                    fmt::format("{:.4g}", values.std(/*unbiased=*/false).item<double>())});
    bytes += static_cast<int64_t>(tensor.nbytes());
  }
  std::printf("\n%s%zu tensors, %s\n", format_table(rows).c_str(), file.tensors.size(),
              format_bytes(static_cast<uint64_t>(bytes)).c_str());
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

void add_info(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("info", "Show what a checkpoint holds");
  auto where = std::make_shared<std::string>();
  verb->add_option("checkpoint", *where, "checkpoint file or run folder (default: the newest)");
  verb->footer("Example: dcgan info runs/00000-digits-batch");
  verb->callback([where, &chosen] { chosen = [where] { return run_info(*where); }; });
}

}  // namespace dcgan
