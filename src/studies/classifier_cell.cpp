#include "studies/classifier_cell.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "data/sample_order.h"
#include "models/initialization.h"
#include "models/random.h"
#include "studies/digit_parts.h"
#include "studies/network_measures.h"
#include "studies/statistics/estimates.h"
#include "training/adam.h"

namespace dcgan {
namespace {

using nlohmann::json;

constexpr double kLeastAccuracy = 0.2;
constexpr int64_t kTrainMeasured = 1000;

// The thread's own time: what other processes do to the processor meanwhile is not in it.
double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Plain gradient descent, or Adam.
class Optimizer {
 public:
  Optimizer(DeepClassifier& network, const ClassifierCell& cell) : lr_(cell.lr) {
    if (cell.optimizer == "adam") {
      adam_ = std::make_unique<Adam>(network->named_parameters(),
                                     AdamOptions{.lr = cell.lr, .beta1 = 0.9});
    } else if (cell.optimizer != "sgd") {
      throw std::logic_error("classifier cell: unknown optimizer " + cell.optimizer);
    }
    parameters_ = network->parameters();
  }

  void step(const torch::Tensor& loss) {
    const auto gradients = torch::autograd::grad({loss}, parameters_);
    const torch::NoGradGuard no_grad;
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (adam_) {
        adam_->gradients()[i].copy_(gradients[i]);
      } else {
        parameters_[i].sub_(gradients[i], lr_);
      }
    }
    if (adam_) adam_->step();
  }

 private:
  double lr_;
  std::unique_ptr<Adam> adam_;
  std::vector<torch::Tensor> parameters_;
};

struct Measured {
  double accuracy;
  double loss;
};

Measured measure(DeepClassifier& network, const DigitPart& part) {
  const torch::NoGradGuard no_grad;
  network->eval();
  const torch::Tensor logits = network->forward(part.images);
  network->train();
  return {(logits.argmax(1) == part.labels).to(torch::kFloat64).mean().item<double>(),
          cross_entropy(logits, part.labels).item<double>()};
}

}  // namespace

ClassifierCell classifier_cell_from(const json& settings, uint64_t seed) {
  ClassifierCell cell;
  cell.seed = seed;
  for (const auto& [key, value] : settings.items()) {
    if (key == "network")
      value.get_to(cell.network.network);
    else if (key == "image_size")
      value.get_to(cell.network.image_size);
    else if (key == "depth")
      value.get_to(cell.network.depth);
    else if (key == "width")
      value.get_to(cell.network.width);
    else if (key == "activation")
      value.get_to(cell.network.activation);
    else if (key == "norm")
      cell.network.batch_norm = value == "batch";
    else if (key == "dropout")
      value.get_to(cell.network.dropout);
    else if (key == "noise")
      cell.network.norm.noise(value.get<double>()).noise_seed(static_cast<int64_t>(seed));
    else if (key == "through_mean")
      cell.network.norm.gradient_through_mean(value.get<bool>());
    else if (key == "through_variance")
      cell.network.norm.gradient_through_variance(value.get<bool>());
    else if (key == "centring")
      cell.network.norm.centring(value.get<bool>());
    else if (key == "scaling")
      cell.network.norm.scaling(value.get<bool>());
    else if (key == "init")
      value.get_to(cell.init);
    else if (key == "optimizer")
      value.get_to(cell.optimizer);
    else if (key == "lr")
      value.get_to(cell.lr);
    else if (key == "steps")
      value.get_to(cell.steps);
    else if (key == "eval_every")
      value.get_to(cell.eval_every);
    else if (key == "training_images")
      value.get_to(cell.training_images);
    else if (key == "input")
      value.get_to(cell.input);
    else if (key == "target")
      value.get_to(cell.target);
    else if (key == "part")
      value.get_to(cell.part);
    else if (key == "probe")
      value.get_to(cell.probe);
    else if (key != "point")
      throw std::logic_error("classifier cell: unknown setting " + key);
  }
  return cell;
}

DeepClassifier make_classifier(const ClassifierCell& cell) {
  DeepClassifier network(cell.network);
  initialize(*network, parse_initialization(cell.init), RandomStream(cell.seed, "network").key());
  network->train();
  return network;
}

json run_classifier_cell(const ClassifierCell& cell, const ClassifierObserver& observe) {
  const DigitParts parts = digit_parts(cell.network.image_size, cell.seed, cell.training_images,
                                       parse_standardization(cell.input));
  const DigitPart& judge = cell.part == "validation" ? parts.validation : parts.test;
  DeepClassifier network = make_classifier(cell);
  SampleOrder order(cell.training_images, RandomStream(cell.seed, "order").key());
  Optimizer optimizer(network, cell);
  json record{{"steps", json::array()},
              {"accuracies", json::array()},
              {"target_step", nullptr},
              {"target_seconds", nullptr},
              {"failed", false}};
  const auto fail = [&](const std::string& why) {
    record["failed"] = true;
    record["failure"] = why;
  };
  if (cell.probe)
    record["gradient_norms"]["start"] =
        weight_gradient_norms(network, first_images(parts.training, cell.batch));

  if (observe) observe(0, network, parts);
  double best = 0;
  double trained = 0;  // seconds
  std::vector<double> step_seconds;
  double since = thread_seconds();
  int64_t last_step = 0;
  bool finite = true;  // until the first loss that is not
  for (int64_t step = 1; step <= cell.steps && finite; ++step) {
    const torch::Tensor chosen = order.batch((step - 1) * cell.batch, cell.batch);
    const torch::Tensor logits = network->forward(
        parts.training.images.index_select(0, chosen),
        RandomStream(cell.seed, "dropout of step").substream(static_cast<uint64_t>(step)).key());
    const torch::Tensor loss = cross_entropy(logits, parts.training.labels.index_select(0, chosen));
    optimizer.step(loss);
    finite = std::isfinite(loss.item<double>());
    if (!finite) fail(fmt::format("a loss is not finite at step {}", step));
    if (finite && step % cell.eval_every != 0 && step != cell.steps) continue;
    const double spent = thread_seconds() - since;
    trained += spent;
    step_seconds.push_back(spent / static_cast<double>(step - last_step));
    last_step = step;
    if (finite) {
      if (observe) observe(step, network, parts);
      const double accuracy = measure(network, judge).accuracy;
      record["steps"].push_back(step);
      record["accuracies"].push_back(accuracy);
      best = std::max(best, accuracy);
      if (accuracy >= cell.target && record["target_step"].is_null()) {
        record["target_step"] = step;
        record["target_seconds"] = trained;
      }
    }
    since = thread_seconds();
  }
  record["trained_seconds"] = trained;
  record["step_ms"] = 1e3 * statistics::median(step_seconds);
  record["best_accuracy"] = best;
  const Measured train = measure(network, first_images(parts.training, kTrainMeasured));
  record["train_accuracy"] = train.accuracy;
  record["train_loss"] = train.loss;
  record["accuracy"] = finite ? record["accuracies"].back() : json(0.1);
  if (finite && record["accuracy"].get<double>() < kLeastAccuracy) {
    fail("did not learn");
  }
  if (cell.probe && finite) {
    record["gradient_norms"]["end"] =
        weight_gradient_norms(network, first_images(parts.training, cell.batch));
    const std::string& activation = cell.network.activation;
    if (activation == "relu" || activation == "leaky") {
      record["dead"] = dead_units(network, first_images(parts.training, kTrainMeasured));
    }
  }
  return record;
}

}  // namespace dcgan
