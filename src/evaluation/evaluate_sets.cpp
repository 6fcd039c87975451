#include "evaluation/evaluate_sets.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "common/error.h"
#include "data/open.h"
#include "evaluation/compared_set.h"
#include "evaluation/discriminator_gap.h"
#include "evaluation/summary_cache.h"
#include "metrics/neighbours.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "report/progress.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPiece = 256;

SetSummary summarize_side(const ComparedSet& side, FeatureExtractor& features,
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

double draw_neighbours(const ComparedSet& generated, const ComparedSet& real,
                       const fs::path& picture) {
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

}  // namespace

EvaluateResult evaluate_sets(const EvaluateRequest& request) {
  const auto generated_checkpoint = named_checkpoint(request.generated);
  if (!request.held_out.empty() && !generated_checkpoint) {
    throw UsageError("--held-out: only with a checkpoint, whose discriminator is asked");
  }
  const CheckpointSampling sampling{request.samples, request.statistics, request.device};
  ComparedSet generated;
  if (generated_checkpoint) generated = open_checkpoint(*generated_checkpoint, sampling);
  if (generated_checkpoint) {
    const auto contradicts = [&](const char* option, int64_t asked, int64_t given) {
      if (asked == 0 || asked == given) return;
      throw UsageError(fmt::format("--{} {}: the images of {} have {}", option, asked,
                                   request.generated, given));
    };
    contradicts("image-size", request.image_size, generated.image_size);
    contradicts("channels", request.channels, generated.channels);
  }
  std::string real_name = request.real;
  // A side that knows its size says how the other is read.
  DatasetOptions reading;
  reading.image_size = generated_checkpoint ? generated.image_size : request.image_size;
  reading.channels = generated_checkpoint ? generated.channels : request.channels;
  if (real_name.empty()) {
    if (!generated_checkpoint) {
      throw UsageError(fmt::format(
          "{}: no checkpoint and no run folder, which would know its data; --data: name the set to "
          "compare with",
          request.generated));
    }
    const TrainOptions trained = training_options(generated);
    real_name = trained.data;
    reading = dataset_options(trained);
  }
  ComparedSet real;
  if (const auto checkpoint = named_checkpoint(real_name)) {
    real = open_checkpoint(*checkpoint, sampling);
  } else {
    real = open_data(real_name, reading, request.neighbours);
  }
  reading.image_size = real.image_size;
  reading.channels = real.channels;
  if (!generated_checkpoint) {
    generated = open_data(request.generated, reading, request.neighbours);
  }

  for (const ComparedSet* side : {&generated, &real}) {
    // Before the other set's features are computed.
    if (side->source.count < 2) {
      throw DataError(fmt::format("{}: {} image{}: a distance needs at least 2", side->source.name,
                                  side->source.count, side->source.count == 1 ? "" : "s"));
    }
  }

  ComparedSet held_out;
  if (!request.held_out.empty()) {
    held_out = open_data(request.held_out, reading, request.neighbours);
    for (const ComparedSet* side : {&real, &held_out}) {
      if (side->image_size != generated.image_size || side->channels != generated.channels) {
        throw UsageError(fmt::format(
            "--held-out: the discriminator of {} reads images of {} pixels and {} channels, those "
            "of {} have {} and {}",
            generated.source.name, generated.image_size, generated.channels, side->source.name,
            side->image_size, side->channels));
      }
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
  for (const ComparedSet* side : {&generated, &real}) {
    for (const std::string& remark : side->remarks) result.evaluation.warn(remark);
  }
  if (generated.source.images(0, 1).sizes() != real.source.images(0, 1).sizes()) {
    if (options.pixels) result.evaluation.warn("images of different sizes: SWD is left out");
    if (!request.neighbours.empty()) {
      result.evaluation.warn("images of different sizes: no picture of neighbours is drawn");
    }
  } else if (!request.neighbours.empty()) {
    result.neighbour_distance = draw_neighbours(generated, real, request.neighbours);
  }
  if (!request.held_out.empty()) {
    const DiscriminatorGap gap = discriminator_gap(generated, real.source, held_out.source);
    result.d_loss_real = gap.real;
    result.d_loss_held_out = gap.held_out;
  }
  return result;
}

}  // namespace dcgan
