#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/text.h"
#include "evaluation/evaluate_sets.h"
#include "report/table.h"

namespace dcgan {
namespace {

std::string number(double value) {
  if (value != 0 && std::abs(value) < 1e-3) return fmt::format("{:.2e}", value);
  return fmt::format("{:.4f}", value);
}

}  // namespace

std::string format_evaluation(const EvaluateResult& result) {
  const Evaluation& e = result.evaluation;
  std::vector<std::vector<std::string>> rows;
  rows.push_back({fmt::format("features '{}', {} against {} images", result.features,
                              with_thousands(e.generated), with_thousands(e.real)),
                  "value"});
  const auto add = [&](const std::string& name, const std::string& value) {
    rows.push_back({name, value});
  };
  add("FID (0 is equal)", number(e.fid));
  if (e.kid) {
    add(fmt::format("KID, subsets of {}, mean", e.kid_subset_size), number(e.kid->mean));
    add("  deviation over subsets", number(e.kid->deviation));
  }
  if (e.manifold) {
    add("precision", number(e.manifold->precision));
    add("recall", number(e.manifold->recall));
    add("density", number(e.manifold->density));
    add("coverage", number(e.manifold->coverage));
  }
  if (e.modes) {
    add("classes covered", fmt::format("{} of {}", e.modes->covered, e.modes->classes));
    add(fmt::format("class entropy, nats (even: {:.3f})",
                    std::log(static_cast<double>(e.modes->classes))),
        number(e.modes->entropy));
    add("reverse KL of classes, nats", number(e.modes->reverse_kl));
  }
  add(fmt::format("sample deviation (real: {})", number(e.real_diversity)), number(e.diversity));
  for (size_t i = 0; i < e.swd.size(); ++i) {
    add(i == 0 ? "SWD x 1000, finest level" : fmt::format("  {} times coarser", 1 << i),
        number(e.swd[i]));
  }
  if (e.ms_ssim) {
    add(fmt::format("MS-SSIM of pairs (real: {})", e.real_ms_ssim ? number(*e.real_ms_ssim) : "-"),
        number(*e.ms_ssim));
  }
  if (result.neighbour_distance) {
    add("distance to the nearest real image", number(*result.neighbour_distance));
  }
  if (result.d_loss_held_out) {
    add("D's loss on training images", number(*result.d_loss_real));
    add("D's loss on held-out images", number(*result.d_loss_held_out));
  }
  std::string text = format_table(rows);
  for (const std::string& warning : e.warnings) text += "warning: " + warning + "\n";
  return text;
}

std::string evaluation_to_json(const EvaluateResult& result) {
  const Evaluation& e = result.evaluation;
  nlohmann::ordered_json j;
  j["generated"] = result.generated;
  j["real"] = result.real;
  j["features"] = result.features;
  j["generated_images"] = e.generated;
  j["real_images"] = e.real;
  j["fid"] = e.fid;
  if (e.kid) {
    j["kid"] = e.kid->mean;
    j["kid_deviation"] = e.kid->deviation;
    j["kid_subset_size"] = e.kid_subset_size;
  }
  if (e.manifold) {
    j["precision"] = e.manifold->precision;
    j["recall"] = e.manifold->recall;
    j["density"] = e.manifold->density;
    j["coverage"] = e.manifold->coverage;
  }
  if (e.modes) {
    j["modes_covered"] = e.modes->covered;
    j["modes"] = e.modes->classes;
    j["class_entropy"] = e.modes->entropy;
    j["reverse_kl"] = e.modes->reverse_kl;
  }
  j["sample_std"] = e.diversity;
  j["real_std"] = e.real_diversity;
  if (!e.swd.empty()) j["swd"] = e.swd;
  if (e.ms_ssim) j["ms_ssim"] = *e.ms_ssim;
  if (e.real_ms_ssim) j["real_ms_ssim"] = *e.real_ms_ssim;
  if (result.neighbour_distance) j["neighbour_distance"] = *result.neighbour_distance;
  if (result.d_loss_real) j["d_loss_real"] = *result.d_loss_real;
  if (result.d_loss_held_out) j["d_loss_held_out"] = *result.d_loss_held_out;
  j["warnings"] = e.warnings;
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace dcgan
