#include "studies/gan_cell.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/error.h"
#include "data/open.h"
#include "data/sample_order.h"
#include "models/convolution_kernels.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "sampling/statistics.h"
#include "training/networks.h"
#include "training/run_evaluator.h"
#include "training/step.h"

namespace dcgan {
namespace {

constexpr int64_t kBatch = 64;
constexpr int64_t kLatent = 100;
constexpr double kCollapsedDeviation = 0.5;  // of the real images'
constexpr double kCollapsedClasses = 0.5;    // of all classes

BatchMixing parse_mixing(const std::string& name) {
  if (name == "separate") return BatchMixing::kSeparate;
  return name == "mixed" ? BatchMixing::kMixed : BatchMixing::kGrouped;
}

Networks make_cell_networks(const GanCell& cell, const Dataset& dataset) {
  GeneratorOptions generator = GeneratorOptions()
                                   .image_size(cell.image_size)
                                   .channels(dataset.channels())
                                   .nz(kLatent)
                                   .ngf(cell.nf)
                                   .normalization(parse_normalization(cell.norm_g))
                                   .batch_norm(cell.batch_norm);
  DiscriminatorOptions discriminator = DiscriminatorOptions()
                                           .image_size(cell.image_size)
                                           .channels(dataset.channels())
                                           .ndf(cell.nf)
                                           .normalization(parse_normalization(cell.norm_d))
                                           .batch_norm(cell.batch_norm);
  if (!cell.activation.empty()) {
    generator.nonlinearity(parse_nonlinearity(cell.activation));
    discriminator.nonlinearity(parse_nonlinearity(cell.activation));
  }
  Networks networks = make_networks(generator, discriminator, parse_initialization(cell.init),
                                    cell.seed, {.lr = cell.lr}, {.lr = cell.lr}, torch::kCPU);
  networks.mixing = parse_mixing(cell.mixing);
  return networks;
}

bool is_collapsed(const Evaluation& e) {
  const bool alike = e.diversity < kCollapsedDeviation * e.real_diversity;
  const bool few = e.modes &&
                   static_cast<double>(e.modes->covered) <
                       kCollapsedClasses * static_cast<double>(e.modes->classes) &&
                   e.modes->classes <= 10;
  return alike || few;
}

// The trajectory, one entry an evaluation.
struct Trajectory {
  nlohmann::json steps = nlohmann::json::array();
  nlohmann::json fid = nlohmann::json::array();
  nlohmann::json kid = nlohmann::json::array();
  nlohmann::json modes = nlohmann::json::array();
  nlohmann::json entropy = nlohmann::json::array();
  nlohmann::json reverse_kl = nlohmann::json::array();
  nlohmann::json diversity = nlohmann::json::array();
  std::vector<bool> collapsed;

  void add(int64_t step, const Evaluation& e) {
    steps.push_back(step);
    fid.push_back(e.fid);
    kid.push_back(e.kid->mean);
    diversity.push_back(e.diversity / e.real_diversity);
    if (e.modes) {
      modes.push_back(e.modes->covered);
      entropy.push_back(e.modes->entropy);
      reverse_kl.push_back(e.modes->reverse_kl);
    }
    collapsed.push_back(is_collapsed(e));
  }
};

// Standard deviation of log FID over the last third of the evaluations.
double late_variation(const nlohmann::json& fid) {
  const size_t first = fid.size() - fid.size() / 3;
  double sum = 0;
  double squares = 0;
  const auto n = static_cast<double>(fid.size() - first);
  for (size_t i = first; i < fid.size(); ++i) {
    const double value = std::log(std::max(fid[i].get<double>(), 1e-12));
    sum += value;
    squares += value * value;
  }
  return n > 1 ? std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1))) : 0;
}

void summarize_trajectory(const Trajectory& t, nlohmann::json& record) {
  record["steps"] = t.steps;
  record["fid"] = t.fid;
  record["kid"] = t.kid;
  record["diversity"] = t.diversity;
  record["modes"] = t.modes;
  record["entropy"] = t.entropy;
  record["reverse_kl"] = t.reverse_kl;
  record["threshold_step"] = nullptr;
  record["collapse_step"] = nullptr;
  if (t.fid.empty()) return;
  size_t best = 0;
  for (size_t i = 0; i < t.fid.size(); ++i) {
    if (t.fid[i] < t.fid[best]) best = i;
    if (record["threshold_step"].is_null() && t.fid[i].get<double>() <= kFidThreshold) {
      record["threshold_step"] = t.steps[i];
    }
  }
  record["last_fid"] = t.fid.back();
  record["best_fid"] = t.fid[best];
  record["best_step"] = t.steps[best];
  record["late_variation"] = late_variation(t.fid);
  // Collapsed from some evaluation on until the end.
  size_t first = t.collapsed.size();
  while (first > 0 && t.collapsed[first - 1]) --first;
  if (first < t.collapsed.size()) record["collapse_step"] = t.steps[first];
}

}  // namespace

GanCell gan_cell_from(const nlohmann::json& settings, uint64_t seed) {
  GanCell cell;
  cell.seed = seed;
  for (const auto& [key, value] : settings.items()) {
    if (key == "data")
      value.get_to(cell.data);
    else if (key == "image_size")
      value.get_to(cell.image_size);
    else if (key == "norm_g")
      value.get_to(cell.norm_g);
    else if (key == "norm_d")
      value.get_to(cell.norm_d);
    else if (key == "init")
      value.get_to(cell.init);
    else if (key == "lr")
      value.get_to(cell.lr);
    else if (key == "nf")
      value.get_to(cell.nf);
    else if (key == "steps")
      value.get_to(cell.steps);
    else if (key == "eval_every")
      value.get_to(cell.eval_every);
    else if (key == "eval_samples")
      value.get_to(cell.eval_samples);
    else if (key == "features")
      value.get_to(cell.features);
    else if (key == "activation")
      value.get_to(cell.activation);
    else if (key == "through_mean")
      cell.batch_norm.gradient_through_mean(value.get<bool>());
    else if (key == "through_variance")
      cell.batch_norm.gradient_through_variance(value.get<bool>());
    else if (key == "centring")
      cell.batch_norm.centring(value.get<bool>());
    else if (key == "scaling")
      cell.batch_norm.scaling(value.get<bool>());
    else if (key == "noise")
      cell.batch_norm.noise(value.get<double>()).noise_seed(static_cast<int64_t>(seed));
    else if (key == "mixing")
      value.get_to(cell.mixing);
    else if (key == "convolutions")
      value.get_to(cell.convolutions);
    else
      throw std::logic_error("gan cell: unknown setting " + key);
  }
  return cell;
}

nlohmann::json run_gan_cell(const GanCell& cell, const std::string& film,
                            const GanObserver& observe) {
  use_convolution_kernels(cell.convolutions == "own");
  const auto dataset = open_dataset(cell.data, {.image_size = cell.image_size});
  RunEvaluator evaluator(*dataset, cell.features, cell.eval_samples, kLatent);
  Networks networks = make_cell_networks(cell, *dataset);
  SampleOrder order(dataset->size(), cell.seed);
  nlohmann::json record;
  record["features"] = evaluator.features();
  Trajectory trajectory;
  std::string failure;

  const auto draw = [&](int64_t step) {
    if (film.empty()) return;
    std::filesystem::create_directories(film);
    write_image(
        std::filesystem::path(film) / fmt::format("{:06}.png", step),
        make_grid(sample_images(networks.generator, latents_of_seeds(seed_range(0, 36), kLatent))));
  };
  Evaluation last;
  for (int64_t step = 1; step <= cell.steps; ++step) {
    const torch::Tensor real =
        to_network_range(dataset->images(order.batch((step - 1) * kBatch, kBatch)));
    const torch::Tensor latents = training_latents(cell.seed, step, kBatch, kLatent);
    const StepResult result = train_step(networks, real, latents, false);
    if (!std::isfinite(result.loss_d.item<double>()) ||
        !std::isfinite(result.loss_g.item<double>())) {
      failure = fmt::format("a loss is not finite at step {}", step);
      record["failed_step"] = step;
      break;
    }
    if (step % cell.eval_every == 0 || step == cell.steps) {
      if (observe) observe(step, networks, real, latents);
      try {
        last = evaluator.evaluate(networks.generator);
      } catch (const DataError&) {  // features that are not finite, of weights that are not
        failure = fmt::format("not finite at step {}", step);
        record["failed_step"] = step;
        break;
      }
      trajectory.add(step, last);
      draw(step);
    }
  }
  summarize_trajectory(trajectory, record);
  const bool broke_off = !failure.empty();
  if (!broke_off && is_collapsed(last)) failure = "collapsed";
  record["failed"] = !failure.empty();
  if (!failure.empty()) record["failure"] = failure;
  if (!broke_off) {
    record["fid_batch"] = evaluator.evaluate_with_batch_statistics(networks.generator).fid;
  }
  return record;
}

nlohmann::json run_real_floor(const GanCell& cell) {
  const auto dataset = open_dataset(cell.data, {.image_size = cell.image_size});
  RunEvaluator evaluator(*dataset, cell.features, cell.eval_samples, kLatent);
  const Evaluation found = evaluator.evaluate_real();
  nlohmann::json record{{"features", evaluator.features()},
                        {"last_fid", found.fid},
                        {"kid", nlohmann::json::array({found.kid->mean})},
                        {"failed", false}};
  if (found.modes) {
    record["modes"] = nlohmann::json::array({found.modes->covered});
    record["reverse_kl"] = nlohmann::json::array({found.modes->reverse_kl});
  }
  return record;
}

}  // namespace dcgan
