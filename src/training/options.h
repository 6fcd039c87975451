#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/config.h"
#include "data/open.h"

namespace dcgan {

/// Options of a training run. The names on the command line, in TOML files and in checkpoints are
/// those of `visit_options` below; 0 means "chosen from the data" where the help says so.
struct TrainOptions {
  std::string data = "digits";
  int64_t image_size = 0;
  int64_t channels = 0;
  std::string crop;
  std::string fit = "crop";
  std::string background = "white";
  bool flip = false;
  int64_t nz = 100;
  int64_t ngf = 0;
  int64_t ndf = 0;
  std::string norm_g = "batch";
  std::string norm_d = "batch";
  std::string init = "dcgan";
  int64_t batch_size = 64;
  int64_t steps = 0;
  int64_t epochs = 25;
  double lr_g = 2e-4;
  double lr_d = 2e-4;
  double beta1 = 0.5;
  std::string lr_schedule = "constant";
  double clip_grad_norm = 0;
  double ema = 0;
  int64_t seed = 0;
  std::string device = "auto";
  std::string precision = "auto";
  bool deterministic = false;
  int64_t threads = 0;
  int64_t workers = 0;
  std::string memory = "auto";
  bool strict = false;
  int64_t log_every = 10;
  int64_t sample_every = 100;
  int64_t checkpoint_every = 500;
  int64_t keep_last = 5;
  int64_t keep_every = 0;
  int64_t eval_every = 0;
  std::string eval_metric = "fid";
  int64_t eval_samples = 2000;
  std::string eval_features;
  int64_t probe_every = 0;
  bool check_finite = false;
  std::string on_divergence = "stop";
};

/// What the command line and the resume rule know about an option besides its value.
struct OptionInfo {
  const char* name;
  const char* help;
  /// Whether a resumed run may change it: it does not touch the mathematics.
  bool may_change_on_resume;
};

/// Calls visit(OptionInfo, value&) for every option: the one list that command line, TOML files,
/// checkpoints and resume share. `Options` is TrainOptions or const TrainOptions.
template <typename Options, typename Visitor>
void visit_options(Options& o, Visitor&& visit) {
  visit(
      OptionInfo{"data",
                 "training images: digits, stacked-digits, fashion, emoji, or a path: a folder of "
                 "pictures (JPEG, PNG, WebP, BMP), of IDX files (MNIST) or of CIFAR's binary files",
                 false},
      o.data);
  visit(
      OptionInfo{"image-size",
                 "side of the images in pixels, a power of two from 16 to 256; 0: 64 for a folder "
                 "of pictures, 32 for the other sets",
                 false},
      o.image_size);
  visit(OptionInfo{"channels",
                   "1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA); 0: 3 for a folder of pictures, "
                   "else as the set has",
                   false},
        o.channels);
  visit(OptionInfo{"crop", "X,Y,WIDTH,HEIGHT: use this part of every picture, in pixels", false},
        o.crop);
  visit(
      OptionInfo{"fit",
                 "how pictures become square: crop (the centre), pad (the whole, with margins) or "
                 "stretch",
                 false},
      o.fit);
  visit(OptionInfo{"background", "behind transparent parts and in margins: white, black or #rrggbb",
                   false},
        o.background);
  visit(OptionInfo{"flip", "mirror every other image left to right, drawn anew each time", false},
        o.flip);
  visit(OptionInfo{"nz", "length of the latent vector", false}, o.nz);
  visit(
      OptionInfo{
          "ngf",
          "feature maps of the generator's last hidden stage; 0: 32 up to 32x32 pixels, else 64",
          false},
      o.ngf);
  visit(OptionInfo{"ndf", "feature maps of the discriminator's first stage; 0: as ngf", false},
        o.ndf);
  visit(
      OptionInfo{"norm-g",
                 "normalisation of the generator: batch, none, layer, instance, group or spectral",
                 false},
      o.norm_g);
  visit(OptionInfo{"norm-d", "normalisation of the discriminator: the same", false}, o.norm_d);
  visit(OptionInfo{"init", "initial weights: dcgan (N(0, 0.02)), he, xavier or normal:STD", false},
        o.init);
  visit(OptionInfo{"batch-size", "images a step", false}, o.batch_size);
  visit(OptionInfo{"steps", "training steps; 0: as many as --epochs needs", true}, o.steps);
  visit(OptionInfo{"epochs", "passes over the images, where --steps is 0", true}, o.epochs);
  visit(OptionInfo{"lr-g", "Adam's learning rate for the generator", false}, o.lr_g);
  visit(OptionInfo{"lr-d", "Adam's learning rate for the discriminator", false}, o.lr_d);
  visit(OptionInfo{"beta1", "Adam's decay of the first moment", false}, o.beta1);
  visit(
      OptionInfo{
          "lr-schedule",
          "how the rates fall to 0 over the --steps: constant (not at all), linear or cosine",
          false},
      o.lr_schedule);
  visit(OptionInfo{"clip-grad-norm",
                   "scale a network's gradients down to this norm where theirs is larger; 0: never",
                   false},
        o.clip_grad_norm);
  visit(
      OptionInfo{"ema",
                 "decay of an exponential moving average of the generator (0.999, say), from which "
                 "samples are then drawn; 0: none",
                 false},
      o.ema);
  visit(OptionInfo{"seed", "seed of weights, order and latents; 0 or above", false}, o.seed);
  visit(OptionInfo{"device", "auto, cpu, cuda or cuda:N", true}, o.device);
  visit(OptionInfo{"precision",
                   "of the convolutions: fp32, on a GPU also tf32 or bf16; auto: fp32 on a "
                   "processor, tf32 on a GPU",
                   false},
        o.precision);
  visit(
      OptionInfo{"deterministic",
                 "the same bits in every run on a GPU too, at some cost (a processor always does)",
                 true},
      o.deterministic);
  visit(OptionInfo{"threads", "threads for the mathematics; 0: one per processor", true},
        o.threads);
  visit(OptionInfo{"workers",
                   "threads that decode pictures; 0: one per processor. Pixels and order do not "
                   "depend on them",
                   true},
        o.workers);
  visit(
      OptionInfo{
          "memory",
          "most memory for decoded pictures (500M, 8G; a number alone: bytes), else they are "
          "decoded again as they "
          "are needed; auto: half of what is free",
          true},
      o.memory);
  visit(OptionInfo{"strict", "refuse data of which anything has to be left out", true}, o.strict);
  visit(OptionInfo{"log-every", "steps between lines of metrics.jsonl", true}, o.log_every);
  visit(OptionInfo{"sample-every", "steps between sample grids", true}, o.sample_every);
  visit(OptionInfo{"checkpoint-every", "steps between checkpoints", true}, o.checkpoint_every);
  visit(OptionInfo{"keep-last", "checkpoints to keep, the newest ones; 0: all", true}, o.keep_last);
  visit(OptionInfo{"keep-every",
                   "keep the checkpoints of every so many steps for good as well; 0: none", true},
        o.keep_every);
  visit(OptionInfo{"eval-every",
                   "steps between measurements of FID and KID, logged; the best checkpoint is kept "
                   "as checkpoints/best.safetensors; 0: never",
                   true},
        o.eval_every);
  visit(OptionInfo{"eval-metric", "which of them is best at its smallest: fid or kid", true},
        o.eval_metric);
  visit(OptionInfo{"eval-samples", "images drawn for a measurement", true}, o.eval_samples);
  visit(OptionInfo{"eval-features",
                   "digits, stacked-digits, random or a TorchScript file .pt; empty: digits for "
                   "digits, else random",
                   true},
        o.eval_features);
  visit(OptionInfo{"probe-every",
                   "steps between lines of probe.jsonl: mean, deviation, dead units and gradient "
                   "norm of every layer; 0: never",
                   true},
        o.probe_every);
  visit(OptionInfo{"check-finite",
                   "stop at the first layer that gets a NaN or infinity, and name it", true},
        o.check_finite);
  visit(
      OptionInfo{"on-divergence",
                 "where a NaN or infinity appears: stop, rollback (go on from the last checkpoint "
                 "with other data seeds, at most 5 times) or ignore",
                 true},
      o.on_divergence);
}

/// The options as TOML that `options_from_toml` reads back to the same values.
std::string options_to_toml(const TrainOptions& options);

/// Where options came from: their name to "file:line" and the key that stands there.
using OptionOrigins = std::map<std::string, std::pair<std::string, std::string>>;

/// Sets the options that `text` names (flat keys or a [train] table) and leaves the others; `lr`
/// and `norm` stand for both networks'. Throws UsageError naming `source`, line, key and value:
/// unknown key (with the nearest name), wrong type.
OptionOrigins options_from_toml(const std::string& text, const std::string& source,
                                TrainOptions& options);

/// A message "--NAME VALUE: ..." with the place the option came from: "FILE:LINE: KEY VALUE: ...".
/// Others as they are.
std::string with_origin(const std::string& message, const OptionOrigins& origins);

/// Every option as key and value, in the order of `visit_options`.
std::vector<ConfigEntry> options_to_entries(const TrainOptions& options);

/// Sets the option that `entry` names. Throws UsageError on an unknown name or a wrong type.
void set_option(TrainOptions& options, const ConfigEntry& entry);

/// What the options say of the data.
DatasetOptions dataset_options(const TrainOptions& options);

/// Throws UsageError naming --image-size unless a network of this size can be made; 0 is good.
void check_training_size(int64_t image_size);

/// Checks every value that can be checked without the data. Throws UsageError naming option, value
/// and what would be right.
void validate(const TrainOptions& options);

}  // namespace dcgan
