#include "evaluation/evaluate_sets.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <memory>

#include "common/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "data/open.h"
#include "data/output_path.h"
#include "evaluation/summary_cache.h"
#include "interchange/load_module.h"
#include "metrics/neighbours.h"
#include "models/discriminator.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "report/progress.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "sampling/saved_generator.h"
#include "training/losses.h"
#include "training/options.h"
#include "training/run_directory.h"
#include "training/run_evaluator.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPiece = 256;

// One of the two sets.
struct Side {
  ImageSource source;
  std::string default_features = "random";
  std::string data_fingerprint;      // of a data set; empty for a generator
  std::vector<std::string> remarks;  // what was left out of it
  int64_t image_size = 0;
  int64_t channels = 0;
  // Of a checkpoint
  std::shared_ptr<TensorFile> checkpoint;
  fs::path checkpoint_path;
};

// The checkpoint that the words mean, if they mean one.
std::optional<fs::path> checkpoint_of(const std::string& what) {
  std::error_code error;
  if (lower_extension(what) == ".safetensors") return what;
  if (!fs::is_directory(fs::path(what) / "checkpoints", error)) return {};
  const auto checkpoints = RunDirectory::open(what).checkpoints();
  if (checkpoints.empty()) {
    throw CheckpointError(fmt::format("{}: a run without a checkpoint", what));
  }
  return checkpoints.front();
}

Side open_checkpoint(const fs::path& path, const EvaluateRequest& request) {
  Side side;
  side.checkpoint = std::make_shared<TensorFile>(read_safetensors(path));
  side.checkpoint_path = path;
  const CheckpointSummary summary = summarize_checkpoint(*side.checkpoint, path);
  side.image_size = summary.image_size;
  side.channels = summary.channels;
  auto generator = std::make_shared<Generator>(
      load_generator(*side.checkpoint, path, open_device(request.device)));
  if (request.statistics == SamplingStatistics::kStanding) {
    set_standing_statistics(*generator, /*batches=*/100, /*batch_size=*/64);
  }
  const bool of_batch = request.statistics == SamplingStatistics::kBatch;
  side.source = {path.string(), request.samples,
                 [generator, of_batch, nz = summary.nz](int64_t first, int64_t count) {
                   const at::Tensor latents =
                       latents_of_seeds(seed_range(static_cast<uint64_t>(first), count), nz);
                   return of_batch ? sample_with_batch_statistics(*generator, latents, 64)
                                   : sample_images(*generator, latents);
                 }};
  return side;
}

Side open_data(const std::string& name, const DatasetOptions& options, const fs::path& picture) {
  if (!picture.empty()) check_output_path(picture, "--neighbours", name);
  std::shared_ptr<Dataset> dataset = open_dataset(name, options);
  Side side;
  side.default_features = default_features(*dataset);
  side.image_size = dataset->image_size();
  side.channels = dataset->channels();
  side.data_fingerprint = dataset->fingerprint();
  for (const std::string& remark : dataset->remarks()) {
    side.remarks.push_back(fmt::format("{}: {}", name, remark));
  }
  side.source = {name, dataset->size(), [dataset](int64_t first, int64_t count) {
                   return dataset->images(torch::arange(first, first + count));
                 }};
  return side;
}

// How the run of a checkpoint reads its data.
TrainOptions training_options(const Side& side) {
  const auto found = side.checkpoint->metadata.find("config");
  if (found == side.checkpoint->metadata.end()) {
    throw UsageError("--data: name the set to compare with");
  }
  TrainOptions options;
  options_from_toml(found->second, side.checkpoint_path.string(), options);
  return options;
}

SetSummary summarize_side(const Side& side, FeatureExtractor& features,
                          const EvaluationOptions& options, const SummaryCache& cache) {
  if (!side.data_fingerprint.empty()) {
    if (auto found = cache.find(side.data_fingerprint, features, options)) {
      found->name = side.source.name;
      found->images = spread_images(side.source, options.kept_images);
      return *found;
    }
  }
  SetSummary summary = summarize(side.source, features, options);
  if (!side.data_fingerprint.empty()) {
    cache.store(side.data_fingerprint, features, options, summary);
  }
  return summary;
}

// Classes of a set that came from the cache, which only counts them.
void complete_classes(SetSummary& summary) {
  if (summary.classes.defined() || !summary.class_counts.defined()) return;
  summary.classes = torch::arange(summary.class_counts.size(0))
                        .repeat_interleave(summary.class_counts.to(torch::kInt64));
}

double draw_neighbours(const Side& generated, const Side& real, const fs::path& picture) {
  constexpr int64_t kShown = 16;
  const at::Tensor images =
      generated.source.images(0, std::min<int64_t>(kShown, generated.source.count));
  const NearestNeighbours nearest = nearest_neighbours(images, [&](const auto& take) {
    for (int64_t first = 0; first < real.source.count; first += kPiece) {
      take(real.source.images(first, std::min(kPiece, real.source.count - first)));
    }
  });
  // Each generated image above its neighbour, eight pairs a row.
  constexpr int64_t kColumns = 8;
  std::vector<at::Tensor> rows;
  for (int64_t first = 0; first < images.size(0); first += kColumns) {
    const int64_t count = std::min(kColumns, images.size(0) - first);
    rows.push_back(images.narrow(0, first, count));
    rows.push_back(nearest.images.narrow(0, first, count));
  }
  write_image(picture, make_grid(torch::cat(rows), std::min(kColumns, images.size(0))));
  return nearest.distances.mean().item<double>();
}

double discriminator_loss_on(Discriminator& discriminator, const Side& side) {
  constexpr int64_t kMost = 10'000;
  const torch::NoGradGuard no_grad;
  double sum = 0;
  const int64_t count = std::min(side.source.count, kMost);
  for (int64_t first = 0; first < count; first += kPiece) {
    const int64_t n = std::min(kPiece, count - first);
    const at::Tensor images = to_network_range(side.source.images(first, n));
    sum += binary_cross_entropy(discriminator->forward(images), 1.0).item<double>() *
           static_cast<double>(n);
  }
  return sum / static_cast<double>(count);
}

Discriminator load_discriminator(const Side& side) {
  const CheckpointSummary summary = summarize_checkpoint(*side.checkpoint, side.checkpoint_path);
  Discriminator discriminator(DiscriminatorOptions()
                                  .image_size(summary.image_size)
                                  .channels(summary.channels)
                                  .ndf(summary.ndf)
                                  .normalization(parse_normalization(summary.norm_d)));
  load_module(*discriminator, *side.checkpoint, "discriminator.", side.checkpoint_path);
  discriminator->eval();
  return discriminator;
}

}  // namespace

EvaluateResult evaluate_sets(const EvaluateRequest& request) {
  const auto generated_checkpoint = checkpoint_of(request.generated);
  Side generated;
  if (generated_checkpoint) generated = open_checkpoint(*generated_checkpoint, request);
  std::string real_name = request.real;
  // A side that knows its size says how the other is read.
  DatasetOptions reading;
  reading.image_size = generated_checkpoint ? generated.image_size : request.image_size;
  reading.channels = generated_checkpoint ? generated.channels : request.channels;
  if (real_name.empty()) {
    if (!generated_checkpoint) throw UsageError("--data: name the set to compare with");
    const TrainOptions trained = training_options(generated);
    real_name = trained.data;
    reading = dataset_options(trained);
  }
  Side real;
  if (const auto checkpoint = checkpoint_of(real_name)) {
    real = open_checkpoint(*checkpoint, request);
  } else {
    real = open_data(real_name, reading, request.neighbours);
  }
  reading.image_size = real.image_size;
  reading.channels = real.channels;
  if (!generated_checkpoint) {
    generated = open_data(request.generated, reading, request.neighbours);
  }

  for (const Side* side : {&generated, &real}) {
    // Before the other set's features are computed.
    if (side->source.count < 2) {
      throw DataError(fmt::format("{}: {} image{}: a distance needs at least 2", side->source.name,
                                  side->source.count, side->source.count == 1 ? "" : "s"));
    }
  }

  EvaluateResult result;
  const auto features =
      open_features(request.features.empty() ? real.default_features : request.features);
  result.generated = generated.source.name;
  result.real = real.source.name;
  result.features = features->name();

  Progress progress(0, generated.source.count + real.source.count,
                    request.quiet ? ProgressStyle::kQuiet : ProgressStyle::kText, "image");
  EvaluationOptions options = request.options;
  options.pixels = request.pixel_images > 0 && !request.fid_only;
  options.manifold = options.kid = !request.fid_only;
  if (request.fid_only) options.kept = 0;
  if (options.pixels) options.kept_images = request.pixel_images;
  int64_t before = 0;
  options.progress = [&](const std::string& set, int64_t done, int64_t of) {
    if (progress.due(before + done)) {
      progress.update(before + done, fmt::format("features of {}", set));
    }
    if (done == of) before += of;
  };
  const SummaryCache cache(request.cache);
  SetSummary generated_summary = summarize_side(generated, *features, options, cache);
  complete_classes(generated_summary);
  const SetSummary real_summary = summarize_side(real, *features, options, cache);
  progress.finish();
  result.evaluation = evaluate(generated_summary, real_summary, options);
  for (const Side* side : {&generated, &real}) {
    for (const std::string& remark : side->remarks) result.evaluation.warn(remark);
  }
  if (generated.source.images(0, 1).sizes() != real.source.images(0, 1).sizes()) {
    result.evaluation.warn("images of different sizes: SWD is left out");
  } else if (!request.neighbours.empty()) {
    result.neighbour_distance = draw_neighbours(generated, real, request.neighbours);
  }
  if (!request.held_out.empty()) {
    if (!generated_checkpoint) {
      throw UsageError("--held-out: only with a checkpoint, whose discriminator is asked");
    }
    Discriminator discriminator = load_discriminator(generated);
    const Side held_out = open_data(request.held_out, reading, request.neighbours);
    result.d_loss_real = discriminator_loss_on(discriminator, real);
    result.d_loss_held_out = discriminator_loss_on(discriminator, held_out);
  }
  return result;
}

}  // namespace dcgan
