#include "training/resume_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/error.h"
#include "common/text.h"

namespace dcgan {
namespace {

using Kind = OptionChange::Kind;

constexpr std::array<std::string_view, 7> kArchitecture{"image-size", "channels", "nz",    "ngf",
                                                        "ndf",        "norm-g",   "norm-d"};
constexpr std::array<std::string_view, 5> kOptimizer{"lr-g", "lr-d", "beta1", "lr-schedule",
                                                     "clip-grad-norm"};
// What a falling rate is measured by.
constexpr std::array<std::string_view, 2> kLength{"steps", "epochs"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Kind kind_of(const OptionInfo& info, const TrainOptions& saved) {
  const std::string_view name = info.name;
  if (saved.lr_schedule != "constant" && contains(kLength, name)) return Kind::kOptimizer;
  // Images may have moved; whether they are the same the fingerprint says.
  if (info.may_change_on_resume || name == "data") return Kind::kHarmless;
  if (contains(kArchitecture, name)) return Kind::kArchitecture;
  return contains(kOptimizer, name) ? Kind::kOptimizer : Kind::kMathematics;
}

std::string to_text(const ConfigValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return format_exact(*number);
  return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

bool is_allowed(Kind kind, const ResumeRules& rules) {
  switch (kind) {
    case Kind::kHarmless:
      return true;
    case Kind::kOptimizer:
      return rules.allow_change || rules.finetune || rules.reset_optimizer;
    case Kind::kMathematics:
      return rules.allow_change || rules.finetune;
    case Kind::kArchitecture:
      return false;
  }
  return false;
}

const char* way_out(Kind kind) {
  switch (kind) {
    case Kind::kArchitecture:
      return "a network of another shape cannot take its weights; start a new run";
    case Kind::kOptimizer:
      return "the run would be another; --allow-change goes on all the same, --reset-optimizer "
             "with fresh moments, --finetune in a new run";
    default:
      return "the run would be another; --allow-change goes on all the same, --finetune begins a "
             "new run with its weights";
  }
}

}  // namespace

std::vector<OptionChange> option_changes(const TrainOptions& saved, const TrainOptions& asked) {
  const auto before = options_to_entries(saved);
  const auto after = options_to_entries(asked);
  std::vector<OptionChange> changes;
  size_t i = 0;
  visit_options(asked, [&](const OptionInfo& info, const auto& /*value*/) {
    if (before[i].value != after[i].value) {
      changes.push_back(
          {info.name, to_text(before[i].value), to_text(after[i].value), kind_of(info, saved)});
    }
    ++i;
  });
  return changes;
}

void check_changes(const std::vector<OptionChange>& changes, const ResumeRules& rules,
                   const std::filesystem::path& checkpoint) {
  for (const OptionChange& change : changes) {
    if (!is_allowed(change.kind, rules)) {
      throw CheckpointError(fmt::format(
          "--{} {}: {} was trained with {}; {}", change.name, change.after, checkpoint.string(),
          change.before.empty() ? "none" : change.before, way_out(change.kind)));
    }
  }
}

std::string describe_changes(const std::vector<OptionChange>& changes) {
  std::string text;
  for (const OptionChange& change : changes) {
    text += fmt::format("{}--{} {} -> {}", text.empty() ? "" : ", ", change.name, change.before,
                        change.after);
  }
  return text;
}

void check_same_data(const Progressed& saved, const Progressed& found, const TrainOptions& options,
                     const std::filesystem::path& checkpoint) {
  if (saved.data_fingerprint == found.data_fingerprint) return;
  std::string change = "the images are others";
  if (saved.data_images == found.data_images) {
    change = fmt::format("{} images as before, but some were changed, renamed or replaced",
                         with_thousands(found.data_images));
  } else if (saved.data_images > 0) {
    change = fmt::format("{} images then, {} now", with_thousands(saved.data_images),
                         with_thousands(found.data_images));
  }
  throw CheckpointError(fmt::format(
      "--data {}: {} was trained on other images: {}; --allow-change goes on with these "
      "(fingerprint {}, now {})",
      options.data, checkpoint.string(), change, saved.data_fingerprint, found.data_fingerprint));
}

}  // namespace dcgan
