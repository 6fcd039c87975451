#include "studies/activations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "studies/record_figures.h"
#include "studies/statistics/estimates.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;
namespace st = statistics;

constexpr const char* kActivations[] = {"sigmoid", "tanh", "relu", "leaky"};

class Activations : public TunedSweep {
 public:
  std::string name() const override { return "activations"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm makes saturating nonlinearities usable and every nonlinearity train "
           "better (Ioffe & Szegedy 2015, abstract), in deep networks and in the DCGAN.";
  }
  std::string refuted_by() const override {
    return "A deep sigmoid network without norm, at its own learning rate, that is as accurate; "
           "nonlinearities between which the choice matters as much with batch norm as without.";
  }
  std::string metric() const override {
    return "accuracy on the 1,000 test digits at the horizon; of the DCGAN the FID of 2,000 "
           "samples on the features 'digits'; gradient norms by layer at the start, dead units "
           "at the end";
  }
  std::string decision_rule() const override {
    return paired_rule() +
           "; that the choice matters less: the spread (best minus worst accuracy over the four) "
           "of a seed in the deep network, a failed run counted as chance";
  }
  std::string setup(Budget budget) const override {
    return "mlp of 3 and 10 hidden layers of 50 units, Xavier (sigmoid, tanh) or He, SGD, 3,500 "
           "digits at 16x16, batch 60, 800 steps; DCGAN at 16 pixels with the nonlinearity in "
           "all hidden stages of both networks, ngf = ndf = 16, N(0, 0.02), batch 64, 300 steps; " +
           describe(plan(budget));
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const Point& point : plan(Budget::kStandard).points) {
      const Records batch = at_best(results, point.name, "batch");
      const Records none = at_best(results, point.name, "none");
      const bool gan = is_gan(point.settings);
      questions.push_back(better(
          fmt::format("{} is better with batch norm: {}", gan ? "FID" : "Accuracy", point.name),
          "with", batch, "without", none));
    }
    const auto [ours, theirs] =
        means_by_seed(spreads(results, "batch"), spreads(results, "none"),
                      [](const json& r) { return -r["spread"].get<double>(); });
    const auto text = [](std::vector<double> values) {
      for (double& value : values) value = -value;
      return median_text(values);
    };
    questions.push_back({"Which nonlinearity matters less with batch norm: 10 layers", ours, theirs,
                         fmt::format("best minus worst accuracy, median: {} with, {} without",
                                     text(ours), text(theirs))});
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures;
    for (const char* arm : {"batch", "none"}) {
      std::vector<Group> groups;
      for (const char* activation : kActivations) {
        groups.push_back({activation, at_best(results, deep(activation), arm)});
      }
      figures.push_back(starting_gradients(
          fmt::format("Gradient norm by layer before the first step, 10 layers, {}",
                      std::string(arm) == "batch" ? "batch norm" : "no norm"),
          groups));
    }
    Figure dead;
    dead.kind = Figure::Kind::kTable;
    dead.title = "Units that no training image activates, share at the end, median over seeds";
    dead.x_label = "network";
    dead.x_names = {"batch norm", "no norm"};
    for (const Point& point : plan(Budget::kStandard).points) {
      Figure::Series row;
      row.name = point.name;
      for (const char* arm : {"batch", "none"}) {
        std::vector<double> shares;
        for (const json& r : at_best(results, point.name, arm)) {
          if (r.contains("dead")) shares.push_back(r["dead"].get<double>());
        }
        row.notes.push_back(shares.empty() ? "-" : fmt::format("{:.3f}", st::median(shares)));
      }
      if (row.notes != std::vector<std::string>{"-", "-"}) dead.series.push_back(std::move(row));
    }
    figures.push_back(std::move(dead));
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    Plan plan;
    plan.arms = with_and_without();
    const std::vector<double> rates = quick ? std::vector<double>{0.01, 0.1, 1}
                                            : std::vector<double>{1e-3, 1e-2, 1e-1, 3e-1, 1, 3, 10};
    for (const int64_t depth : {3, 10}) {
      for (const std::string activation : kActivations) {
        const bool saturates = activation == "sigmoid" || activation == "tanh";
        plan.points.push_back({depth == 3 ? "3 layers, " + activation : deep(activation),
                               {{"depth", depth},
                                {"width", 50},
                                {"activation", activation},
                                {"init", saturates ? "xavier" : "he"},
                                {"steps", 800},
                                {"eval_every", 50},
                                {"probe", true}},
                               rates,
                               0.3 + 0.1 * static_cast<double>(depth)});
      }
    }
    for (const std::string activation : kActivations) {
      plan.points.push_back(dcgan_point(
          "dcgan, " + activation, {{"activation", activation}},
          quick ? std::vector<double>{1e-3, 1e-2} : std::vector<double>{1e-3, 5e-3, 1e-2}, 4));
    }
    plan.tuning_seeds = quick ? 1 : 2;
    plan.seeds = usual_seeds(budget);
    return plan;
  }

 private:
  static std::string deep(const std::string& activation) { return "10 layers, " + activation; }

  // A record a seed with the best minus the worst accuracy over the nonlinearities.
  Records spreads(const Records& results, const std::string& arm) const {
    std::vector<std::string> points;
    for (const char* activation : kActivations) points.push_back(deep(activation));
    std::map<uint64_t, json> by_seed;
    for (const json& record : at_best(results, points, arm)) {
      json& entry = by_seed[record["seed"].get<uint64_t>()];
      const double value = accuracy(record);
      if (entry.is_null()) {
        entry = {{"seed", record["seed"]},
                 {"processor", record.value("processor", "")},
                 {"least", value},
                 {"most", value}};
      }
      entry["least"] = std::min(entry["least"].get<double>(), value);
      entry["most"] = std::max(entry["most"].get<double>(), value);
    }
    Records found;
    for (auto& [seed, entry] : by_seed) {
      entry["spread"] = entry["most"].get<double>() - entry["least"].get<double>();
      found.push_back(std::move(entry));
    }
    return found;
  }
};

}  // namespace

const Study& activations() {
  static const Activations study;
  return study;
}

}  // namespace dcgan
