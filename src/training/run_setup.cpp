#include "training/run_setup.h"

#include <fmt/format.h>

#include "common/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "data/open.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "training/environment.h"
#include "training/run_pictures.h"
#include "training/training_cost.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

std::string run_name(const TrainOptions& options) {
  std::string name = fs::path(options.data + "/").parent_path().filename().string();
  for (char& c : name) {
    if (c == '/' || c == '\0') c = '_';
  }
  // Room for the number, the norms and a suffix within the 255 bytes of a file's name.
  constexpr size_t kLongest = 180;
  if (name.size() > kLongest) {
    size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // UTF-8
    name.resize(end);
  }
  const std::string norm = options.norm_g == options.norm_d
                               ? options.norm_g
                               : "g-" + options.norm_g + "-d-" + options.norm_d;
  return (name.empty() ? "data" : name) + "-" + norm;
}

}  // namespace

RunDirectory open_run(const TrainRequest& request) {
  if (request.may_start_anew) {
    const RunDirectory left = RunDirectory::open(request.out);
    std::error_code error;
    if (fs::is_directory(request.out, error) && !fs::is_empty(request.out, error) &&
        left.is_unstarted())
      return left;
  }
  if (!request.resume || !request.out.empty() || request.rules.finetune) {
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

void resolve(TrainOptions& options, const Dataset& dataset, const Progressed& progressed) {
  constexpr int64_t kSmallImage = 32;
  options.image_size = dataset.image_size();
  options.channels = dataset.channels();
  if (options.ngf == 0) options.ngf = options.image_size <= kSmallImage ? 32 : 64;
  if (options.ndf == 0) options.ndf = options.ngf;
  if (options.steps == 0) {
    const int64_t left =
        std::max<int64_t>(options.epochs * dataset.size() - progressed.images_seen, 0);
    options.steps = progressed.step + (left + options.batch_size - 1) / options.batch_size;
  }
}

GeneratorOptions generator_options(const TrainOptions& o) {
  return GeneratorOptions()
      .image_size(o.image_size)
      .channels(o.channels)
      .nz(o.nz)
      .ngf(o.ngf)
      .normalization(parse_normalization(o.norm_g))
      .batch_norm(BatchNormOptions(1).check_finite(o.check_finite).name("generator "));
}

DiscriminatorOptions discriminator_options(const TrainOptions& o) {
  return DiscriminatorOptions()
      .image_size(o.image_size)
      .channels(o.channels)
      .ndf(o.ndf)
      .normalization(parse_normalization(o.norm_d))
      .batch_norm(BatchNormOptions(1).check_finite(o.check_finite).name("discriminator "));
}

Networks networks_of(const TrainOptions& o, const torch::Device& device) {
  Networks networks =
      make_networks(generator_options(o), discriminator_options(o), parse_initialization(o.init),
                    static_cast<uint64_t>(o.seed), AdamOptions{.lr = o.lr_g, .beta1 = o.beta1},
                    AdamOptions{.lr = o.lr_d, .beta1 = o.beta1}, device);
  networks.clip_grad_norm = o.clip_grad_norm;
  if (o.ema > 0) networks.average.emplace(networks.generator, o.ema);
  return networks;
}

torch::Device prepare_device(TrainOptions& options) {
  const torch::Device device = open_device(options.device);
  set_numerics(precision_of(options, device), options.deterministic);
  options.threads = set_threads(options.threads);
  return device;
}

std::unique_ptr<Dataset> prepare_data(TrainOptions& options, const torch::Device& device,
                                      ProgressStyle style, const Progressed& progressed) {
  DatasetOptions reading = dataset_options(options);
  reading.progress = delayed_progress(style, "picture", "reading " + options.data);
  std::unique_ptr<Dataset> dataset = open_dataset(options.data, reading);
  reading.progress = {};  // ends its line
  if (dataset->size() < options.batch_size) {
    throw DataError(fmt::format("--data {}: {} images are fewer than --batch-size {}", options.data,
                                dataset->size(), options.batch_size));
  }
  std::error_code ignored;
  if (!is_named_set(options.data) && fs::exists(options.data, ignored)) {
    options.data = fs::absolute(options.data);
  }
  resolve(options, *dataset, progressed);
  if (device.is_cpu()) check_memory(training_cost(options), options);
  return dataset;
}

Precision precision_of(const TrainOptions& options, const torch::Device& device) {
  try {
    return parse_precision(options.precision, device);
  } catch (const c10::ValueError& error) {
    throw UsageError(fmt::format("--precision {}: {}", options.precision,
                                 first_line(error.what_without_backtrace())));
  }
}

void prepare_folder(const RunDirectory& run, const TrainOptions& options,
                    const torch::Device& device, const Dataset& dataset) {
  std::error_code error;
  std::filesystem::create_directories(run.sample(0).parent_path(), error);
  std::filesystem::create_directories(run.checkpoint(0).parent_path(), error);
  write_atomically(run.config(), std::string(kConfigStart) +
                                     printable(shell_quoted(run.config().string())) + "\n" +
                                     options_to_toml(options));
  write_environment(run.environment(), options, device, dataset);
  write_image(run.reals(), make_grid(some_reals(dataset, kGridImages)));
}

}  // namespace dcgan
