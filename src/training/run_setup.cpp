#include "training/run_setup.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/text.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

std::string run_name(const TrainOptions& options) {
  std::string name = fs::path(options.data + "/").parent_path().filename().string();
  for (char& c : name) {
    if (c == '/' || c == '\0') c = '_';
  }
  const std::string norm = options.norm_g == options.norm_d
                               ? options.norm_g
                               : "g-" + options.norm_g + "-d-" + options.norm_d;
  return (name.empty() ? "data" : name) + "-" + norm;
}

}  // namespace

RunDirectory open_run(const TrainRequest& request) {
  if (!request.resume || !request.out.empty()) {
    return RunDirectory::create(request.out, run_name(request.options));
  }
  const ResumePoint& point = *request.resume;
  const auto checkpoints = point.run.checkpoints();
  std::error_code error;
  const bool resumes_newest = !point.named || checkpoints.empty() ||
                              fs::equivalent(checkpoints.front(), point.checkpoint, error);
  if (!resumes_newest) {
    throw UsageError(
        fmt::format("--resume {}: its run already went on to {}; give --out for a new run",
                    point.checkpoint.string(), checkpoints.front().string()));
  }
  return point.run;
}

void resolve(TrainOptions& options, const Dataset& dataset) {
  constexpr int64_t kSmallImage = 32;
  options.image_size = dataset.image_size();
  options.channels = dataset.channels();
  if (options.ngf == 0) options.ngf = options.image_size <= kSmallImage ? 32 : 64;
  if (options.ndf == 0) options.ndf = options.ngf;
  if (options.steps == 0) {
    options.steps = (options.epochs * dataset.size() + options.batch_size - 1) / options.batch_size;
  }
}

Networks make_networks(const TrainOptions& o, const torch::Device& device) {
  const auto named = [&](const char* name) {
    return BatchNormOptions(1).check_finite(o.check_finite).name(name);
  };
  return make_networks(GeneratorOptions()
                           .image_size(o.image_size)
                           .channels(o.channels)
                           .nz(o.nz)
                           .ngf(o.ngf)
                           .normalization(parse_normalization(o.norm_g))
                           .batch_norm(named("generator ")),
                       DiscriminatorOptions()
                           .image_size(o.image_size)
                           .channels(o.channels)
                           .ndf(o.ndf)
                           .normalization(parse_normalization(o.norm_d))
                           .batch_norm(named("discriminator ")),
                       parse_initialization(o.init), static_cast<uint64_t>(o.seed),
                       AdamOptions{.lr = o.lr_g, .beta1 = o.beta1},
                       AdamOptions{.lr = o.lr_d, .beta1 = o.beta1}, device);
}

Precision precision_of(const TrainOptions& options, const torch::Device& device) {
  try {
    return parse_precision(options.precision, device);
  } catch (const c10::ValueError& error) {
    throw UsageError(fmt::format("--precision {}: {}", options.precision,
                                 first_line(error.what_without_backtrace())));
  }
}

torch::Tensor resident_images(const Dataset& dataset, const torch::Device& device) {
  constexpr int64_t kMost = int64_t{4} << 30;
  const int64_t bytes =
      dataset.size() * dataset.image_size() * dataset.image_size() * dataset.channels();
  if (!device.is_cuda() || bytes > kMost) return {};
  try {
    return dataset.images(torch::arange(dataset.size())).to(device);
  } catch (const c10::OutOfMemoryError&) {
    return {};
  }
}

}  // namespace dcgan
