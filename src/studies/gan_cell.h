#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/batch_norm.h"
#include "training/networks.h"

namespace dcgan {

/// One GAN training of a study, from the first step to the horizon, in memory.
struct GanCell {
  std::string data = "digits";
  int64_t image_size = 32;
  std::string norm_g = "batch";
  std::string norm_d = "batch";
  std::string init = "dcgan";
  double lr = 2e-4;
  int64_t nf = 16;  // ngf = ndf
  int64_t steps = 600;
  int64_t eval_every = 60;
  int64_t eval_samples = 2000;
  /// Empty: digits for the digits, stacked-digits for those, else random.
  std::string features;
  /// How real and generated images go through the discriminator: grouped, separate or mixed.
  std::string mixing = "grouped";
  /// Of the hidden stages of both networks, see parse_nonlinearity(); empty: the DCGAN's own.
  std::string activation;
  /// Experiments with every batch norm, see BatchNormOptions.
  BatchNormOptions batch_norm{1};
  /// own: this project's kernels; libtorch: its operators.
  std::string convolutions = "own";
  uint64_t seed = 0;
};

/// The FID from which on a run counts as trained in "threshold_step": about twice what the best
/// runs of gan-stability's pilot reached, declared before any run of a study was looked at.
inline constexpr double kFidThreshold = 150;

/// Reads the settings of a cell over the defaults; an unknown key is a programming error
/// (std::logic_error).
GanCell gan_cell_from(const nlohmann::json& settings, uint64_t seed);

/// Trains and measures. The record holds
///   features             by which it is measured
///   steps, fid, kid, diversity, modes, entropy, reverse_kl   at every evaluation (running
///                        statistics; diversity over the real images'; the last three empty without
///                        a classifier)
///   last_fid, best_fid, best_step, late_variation   of these (standard deviation of log FID over
///                        the last third); absent of a run that broke off before its first
///   threshold_step, collapse_step   first evaluation at kFidThreshold or below; the one from which
///                        on it looked collapsed until the end; null: not within the horizon
///   fid_batch            at the end with batch statistics; absent of a run that broke off
///   failed, failure, failed_step   whether, why, and of a run that broke off at which step
///
/// A run has failed if a loss or weight is not finite (it breaks off), or if at the horizon its
/// samples are collapsed: their deviation is below half of the real images', or (with a classifier
/// of at most ten classes) fewer than half of the classes are drawn.
///
/// `film`: folder for a grid at each evaluation; empty: none.
/// `observe`, if given, sees networks and batch after the step of every evaluation, and leaves them
/// as it found them.
using GanObserver = std::function<void(int64_t step, Networks& networks, const torch::Tensor& real,
                                       const torch::Tensor& latents)>;
nlohmann::json run_gan_cell(const GanCell& cell, const std::string& film,
                            const GanObserver& observe = {});

/// FID and KID of the cell's `eval_samples` of its real images, chosen at random, against all of
/// them: what sampling alone costs.
nlohmann::json run_real_floor(const GanCell& cell);

}  // namespace dcgan
