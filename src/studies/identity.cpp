#include "studies/identity.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "data/open.h"
#include "data/sample_order.h"
#include "models/convolution_function.h"
#include "models/optional_tensor.h"
#include "models/random.h"
#include "sampling/latents.h"
#include "studies/paired_findings.h"
#include "studies/statistics/comparison.h"
#include "studies/sweep_parts.h"
#include "training/networks.h"
#include "training/step.h"

namespace dcgan {
namespace {

using nlohmann::json;
namespace st = statistics;

constexpr int64_t kImageSize = 32;
constexpr int64_t kBatch = 64;
constexpr int64_t kLatent = 100;
constexpr int64_t kWidth = 16;
constexpr int64_t kGanSteps = 100;
constexpr double kExact = 1e-5;
constexpr double kLearnt = 0.01;
constexpr uint64_t kFirstSeed = 1000;

// Sets gamma and beta of every batch norm of the network to what restores its input, one after the
// other, and measures how far the output then is from the input: the largest difference over the
// largest value. The next stage gets what the trained network gives it.
json restore(const StageSequence& network, const torch::Tensor& input, const std::string& name) {
  const torch::NoGradGuard no_grad;
  json layers = json::array();
  Activation activation(input);
  for (Stage stage : network->stages()) {
    const torch::Tensor before = activation.values;
    if (const auto norm = stage.batch_norm()) {
      const StageOptions& o = stage.options();
      const torch::Tensor raw = convolution(before, stage.weight(), present(stage.bias()),
                                            {o.transposed, o.stride, o.padding});
      const torch::Tensor gamma = norm->weight.clone();
      const torch::Tensor beta = norm->bias.clone();
      const auto [variance, mean] = torch::var_mean(raw.to(torch::kFloat64), {0, 2, 3},
                                                    /*unbiased=*/false);
      const auto difference = [&](const torch::Tensor& normalised) {
        return ((normalised - raw).abs().max() / raw.abs().max()).item<double>();
      };
      const double trained = difference(norm->forward(raw));
      norm->weight.copy_((variance + norm->options.eps()).sqrt());
      norm->bias.copy_(mean);
      layers.push_back({{"layer", name + " " + norm->options.name()},
                        {"trained", trained},
                        {"restored", difference(norm->forward(raw))}});
      norm->weight.copy_(gamma);
      norm->bias.copy_(beta);
    }
    activation = stage.forward(before);
  }
  return layers;
}

json restore_cell(uint64_t seed) {
  const auto dataset = open_dataset("digits", {.image_size = kImageSize});
  Networks networks =
      make_networks(GeneratorOptions().image_size(kImageSize).channels(1).nz(kLatent).ngf(kWidth),
                    DiscriminatorOptions().image_size(kImageSize).channels(1).ndf(kWidth),
                    Initialization(), seed, {.lr = 1e-3}, {.lr = 1e-3}, torch::kCPU);
  SampleOrder order(dataset->size(), seed);
  torch::Tensor real;
  for (int64_t step = 1; step <= kGanSteps; ++step) {
    real = to_network_range(dataset->images(order.batch((step - 1) * kBatch, kBatch)));
    train_step(networks, real, training_latents(seed, step, kBatch, kLatent), false);
  }
  const torch::Tensor latents = training_latents(seed, kGanSteps + 1, kBatch, kLatent);
  json layers =
      restore(networks.generator->main, latents.view({kBatch, kLatent, 1, 1}), "generator");
  for (auto& layer : restore(networks.discriminator->main, real, "discriminator")) {
    layers.push_back(layer);
  }
  double worst = 0;
  for (const json& layer : layers) worst = std::max(worst, layer["restored"].get<double>());
  return {{"layers", layers}, {"worst", worst}, {"failed", false}};
}

// Eight features of different means and deviations, and a network of one batch norm that is to give
// back what it gets. Nothing but gamma and beta can make it.
json learn_cell(bool affine, uint64_t seed) {
  constexpr int64_t kFeatures = 8;
  constexpr int64_t kSteps = 2000;
  constexpr int64_t kRows = 60;
  constexpr int64_t kTestRows = 2000;
  torch::Tensor mean = torch::empty({kFeatures});
  torch::Tensor deviation = torch::empty({kFeatures});
  RandomStream(seed, "means").fill_normal(mean, 0, 3);
  RandomStream(seed, "deviations").fill_normal(deviation, 0, 1);
  deviation.exp_();
  const auto draw = [&](uint64_t batch, int64_t rows) {
    torch::Tensor x = torch::empty({rows, kFeatures});
    RandomStream(seed, "rows").substream(batch).fill_normal(x, 0, 1);
    return x * deviation + mean;
  };
  BatchNorm1d norm(BatchNormOptions(kFeatures).affine(affine));
  if (affine) {
    Adam adam(norm->named_parameters(), {.lr = 0.03, .beta1 = 0.9});
    for (int64_t step = 1; step <= kSteps; ++step) {
      const torch::Tensor x = draw(static_cast<uint64_t>(step), kRows);
      // Every feature counts alike, whatever its scale.
      const torch::Tensor loss = ((norm->forward(x) - x) / deviation).square().mean();
      const auto gradients = torch::autograd::grad({loss}, adam.parameters());
      const torch::NoGradGuard no_grad;
      for (size_t i = 0; i < gradients.size(); ++i) adam.gradients()[i].copy_(gradients[i]);
      adam.step();
    }
  } else {
    const torch::NoGradGuard no_grad;
    for (int64_t step = 1; step <= kSteps; ++step) {
      norm->forward(draw(static_cast<uint64_t>(step), kRows));
    }
  }
  norm->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = draw(0, kTestRows);
  const double error = ((norm->forward(x) - x) / deviation).square().mean().item<double>();
  return {{"square_error", error}, {"failed", !std::isfinite(error)}};
}

class Identity : public Study {
 public:
  std::string name() const override { return "identity"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm takes nothing away: gamma = sqrt(var + eps) and beta = mean restore the "
           "raw activation (Ioffe & Szegedy 2015, section 3), and training finds them where they "
           "are needed.";
  }
  std::string refuted_by() const override {
    return "A layer of the DCGAN whose output, with that gamma and beta, is further from its "
           "input than rounding; a network that needs the identity and does not learn it.";
  }
  std::string metric() const override {
    return "largest difference between a batch norm's output and its input, over the largest "
           "value, worst layer of both networks; for the learning, the mean square error of the "
           "restored features over their variance on fresh rows, running statistics";
  }
  std::string failure() const override { return "an error that is not finite"; }
  std::string decision_rule() const override {
    return "restores: supported if every layer of every seed is within 1e-5 (float32), not "
           "supported otherwise; learns: supported if the exact 95 % interval of the share of "
           "seeds with an error of at most 0.01 lies above 0.5, not supported if below, else "
           "inconclusive; against a batch norm without gamma and beta: " +
           paired_rule();
  }
  std::string setup(Budget budget) const override {
    return fmt::format(
        "DCGAN of the digits at 32 pixels, ngf = ndf = 16, after {} steps at rate 1e-3; one "
        "batch norm over eight features of means N(0, 3) and deviations exp(N(0, 1)), asked for "
        "its own input, 2,000 steps of Adam at 0.03, batch 60 (the arms do not compete in their "
        "rate: fixed has no parameters); {} seeds",
        kGanSteps, usual_seeds(budget));
  }

  std::vector<Cell> cells(Budget budget, int64_t seeds, const Records& /*results*/) const override {
    std::vector<Cell> cells;
    const int64_t count = seeds > 0 ? seeds : usual_seeds(budget);
    for (int64_t i = 0; i < count; ++i) {
      const uint64_t seed = kFirstSeed + static_cast<uint64_t>(i);
      cells.push_back({name(), "restore", "dcgan", "{}", seed});
      for (const char* arm : {"affine", "fixed"}) {
        cells.push_back({name(), "learn", arm, "{}", seed});
      }
    }
    return cells;
  }
  int64_t expected_cells(Budget budget, int64_t seeds) const override {
    return 3 * (seeds > 0 ? seeds : usual_seeds(budget));
  }
  double cell_seconds(const Cell& cell) const override { return cell.stage == "restore" ? 2 : 0.5; }

  json run(const Cell& cell, const std::string& /*film*/) const override {
    if (cell.stage == "restore") return restore_cell(cell.seed);
    return learn_cell(cell.arm == "affine", cell.seed);
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<Finding> found{restores(select(results, "restore", "dcgan")),
                               learns(select(results, "learn", "affine"))};
    const auto error = [](const json& r) { return -r["square_error"].get<double>(); };
    const auto [ours, theirs] =
        means_by_seed(select(results, "learn", "affine"), select(results, "learn", "fixed"), error);
    const auto paired =
        decide_together({{"Control, true by construction: where the identity is needed, batch "
                          "norm with gamma and beta is better than one without",
                          ours, theirs, ""}});
    found.insert(found.end(), paired.begin(), paired.end());
    return found;
  }

  std::vector<Figure> figures(const Records& results) const override {
    Figure table;
    table.kind = Figure::Kind::kTable;
    table.title =
        "Difference between a batch norm's output and its input, over the largest value, worst "
        "of all seeds";
    table.x_label = "layer";
    table.x_names = {"as trained (smallest)", "gamma = sqrt(var + eps), beta = mean"};
    std::vector<std::string> order;
    std::map<std::string, std::pair<double, double>> worst;
    for (const json& record : select(results, "restore", "dcgan")) {
      for (const json& layer : record["layers"]) {
        const auto name = layer["layer"].get<std::string>();
        if (!worst.contains(name)) {
          order.push_back(name);
          worst[name] = {INFINITY, 0};
        }
        auto& [trained, restored] = worst[name];
        trained = std::min(trained, layer["trained"].get<double>());
        restored = std::max(restored, layer["restored"].get<double>());
      }
    }
    for (const std::string& name : order) {
      Figure::Series row;
      row.name = name;
      row.notes = {fmt::format("{:.2g}", worst[name].first),
                   fmt::format("{:.2g}", worst[name].second)};
      table.series.push_back(std::move(row));
    }
    return {table};
  }

 private:
  static Finding restores(const Records& runs) {
    const std::string claim =
        "gamma = sqrt(var + eps) and beta = mean restore the raw activation, layer by layer in "
        "the DCGAN";
    if (runs.empty()) return {claim, "no data", false, ""};
    double worst = 0;
    for (const json& record : runs) worst = std::max(worst, record["worst"].get<double>());
    return {claim, worst <= kExact ? "supported" : "not supported", false,
            fmt::format("largest difference over {} seeds and {} layers: {:.1e} of the largest "
                        "activation",
                        runs.size(), runs.front()["layers"].size(), worst)};
  }

  static Finding learns(const Records& runs) {
    const std::string claim = "A network that needs the identity learns it";
    if (runs.empty()) return {claim, "no data", false, ""};
    const auto learnt = std::count_if(runs.begin(), runs.end(), [](const json& r) {
      return number_of(r, "square_error", INFINITY) <= kLearnt;
    });
    const st::Interval share = st::rate_interval(learnt, static_cast<int64_t>(runs.size()));
    return {
        claim, st::to_string(st::decide(share).verdict), false,
        fmt::format("{} of {} seeds with an error of at most 0.01 of the variance, median error "
                    "{}",
                    learnt, runs.size(), median_text(values_of(runs, [](const json& r) {
                      return r["square_error"].get<double>();
                    })))};
  }
};

}  // namespace

const Study& identity() {
  static const Identity study;
  return study;
}

}  // namespace dcgan
