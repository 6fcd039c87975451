#include "studies/depth.h"

#include <fmt/format.h>

#include "studies/record_figures.h"
#include "studies/statistics/estimates.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;

const std::vector<std::string>& sizes() {
  static const std::vector<std::string> names{"dcgan, 16 pixels", "dcgan, 32 pixels",
                                              "dcgan, 64 pixels"};
  return names;
}

std::string layers(int64_t depth) { return std::to_string(depth) + " layers"; }

class Depth : public TunedSweep {
 public:
  std::string name() const override { return "depth"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm makes deeper networks trainable: it lets gradients flow through many "
           "layers (Radford et al. 2015, section 3).";
  }
  std::string refuted_by() const override {
    return "A network without norm, He's initialisation (the DCGAN: N(0, 0.02)) and its own "
           "learning rate, that is as accurate at 20 and 50 layers; an advantage that does not "
           "grow with depth.";
  }
  std::string metric() const override {
    return "accuracy on the 1,000 test digits at the horizon; of the DCGAN the FID of 2,000 "
           "samples on the features 'digits'; gradient norms by layer at the start";
  }
  std::string decision_rule() const override {
    return paired_rule() +
           "; that the advantage grows: batch norm's accuracy minus no norm's, at 50 layers "
           "against at 2, a failed run counted as chance. Where most tuning runs of every rate "
           "failed, the rate whose runs reached most is taken (set after batch norm's 50 layers "
           "had been seen at the smallest rate)";
  }
  std::string setup(Budget budget) const override {
    return "mlp of 2 to 50 hidden layers of 50 ReLUs without skip connections, He, SGD, 3,500 "
           "digits at 16x16, batch 60, 600 steps; DCGAN at 16 and 32 pixels with ngf = ndf = 16 "
           "and at 64 with 8, N(0, 0.02), batch 64, 300 steps; " +
           describe(plan(budget));
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const Point& point : plan(Budget::kStandard).points) {
      const Records batch = at_best(results, point.name, "batch");
      const Records none = at_best(results, point.name, "none");
      const bool gan = is_gan(point.settings);
      if (gan && batch.empty()) continue;
      questions.push_back(better(fmt::format("{} is better with batch norm: {}",
                                             gan ? "The DCGAN's FID" : "Accuracy", point.name),
                                 "with", batch, "without", none));
    }
    const auto gap = [&](int64_t depth) {
      return with_advantage(at_best(results, layers(depth), "batch"),
                            at_best(results, layers(depth), "none"));
    };
    const auto [deep, shallow] =
        means_by_seed(gap(50), gap(2), [](const json& r) { return r["advantage"].get<double>(); });
    questions.push_back(
        {"Batch norm's advantage grows from 2 to 50 layers", deep, shallow,
         fmt::format("accuracy with minus without, median: {} at 50 layers, {} at 2",
                     median_text(deep), median_text(shallow))});
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    const auto mlp = [&](const std::string& arm) {
      return at_best(results, point_names([](const Point& p) { return !is_gan(p.settings); }), arm);
    };
    Figure accuracies = lines_along("Accuracy along the depth, each at its own learning rate",
                                    "hidden layers", setting("depth"), "accuracy", accuracy,
                                    {{"batch norm", mlp("batch")}, {"no norm", mlp("none")}});
    accuracies.log_x = true;
    std::vector<Figure> figures{accuracies};
    for (const int64_t depth : {10, 50}) {
      figures.push_back(starting_gradients(
          fmt::format("Gradient norm by layer before the first step, {} layers", depth),
          {{"batch norm", at_best(results, layers(depth), "batch")},
           {"no norm", at_best(results, layers(depth), "none")}}));
    }
    for (const std::string& size : sizes()) {
      const Records batch = at_best(results, size, "batch");
      if (batch.empty()) continue;
      Figure figure =
          over_steps("FID over training: " + size, "fid",
                     {{"batch norm", batch}, {"no norm", at_best(results, size, "none")}});
      figure.log_y = true;
      figures.push_back(std::move(figure));
    }
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    Plan plan;
    plan.arms = with_and_without();
    const std::vector<double> rates =
        quick ? std::vector<double>{1e-3, 1e-2, 1e-1}
              : std::vector<double>{1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1};
    const std::vector<int64_t> depths =
        quick ? std::vector<int64_t>{2, 10, 50} : std::vector<int64_t>{2, 5, 10, 20, 50};
    for (const int64_t depth : depths) {
      plan.points.push_back({layers(depth),
                             {{"depth", depth},
                              {"width", 50},
                              {"activation", "relu"},
                              {"init", "he"},
                              {"steps", 600},
                              {"eval_every", 50},
                              {"probe", true}},
                             rates,
                             0.25 + 0.06 * static_cast<double>(depth)});
    }
    const auto gan = [&](size_t place, int64_t size, int64_t width, double seconds) {
      plan.points.push_back(dcgan_point(sizes()[place], {{"image_size", size}, {"nf", width}},
                                        {1e-3, 5e-3, 1e-2}, seconds));
    };
    gan(0, 16, 16, 3);
    gan(1, 32, 16, 6);
    if (!quick) gan(2, 64, 8, 12);
    plan.tuning_seeds = quick ? 1 : 2;
    plan.seeds = usual_seeds(budget);
    return plan;
  }
};

}  // namespace

const Study& depth() {
  static const Depth study;
  return study;
}

}  // namespace dcgan
