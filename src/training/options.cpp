#include "training/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "common/check_range.h"
#include "common/config.h"
#include "common/error.h"
#include "common/text.h"
#include "models/generator.h"
#include "models/initialization.h"
#include "models/normalization.h"
#include "training/divergence.h"
#include "training/schedule.h"

namespace dcgan {
namespace {

bool assign(const ConfigValue& value, std::string& target) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr) target = *text;
  return text != nullptr;
}
bool assign(const ConfigValue& value, bool& target) {
  const auto* boolean = std::get_if<bool>(&value);
  if (boolean != nullptr) target = *boolean;
  return boolean != nullptr;
}
bool assign(const ConfigValue& value, int64_t& target) {
  const auto* integer = std::get_if<int64_t>(&value);
  if (integer != nullptr) target = *integer;
  return integer != nullptr;
}
bool assign(const ConfigValue& value, double& target) {
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    target = static_cast<double>(*integer);
    return true;
  }
  const auto* number = std::get_if<double>(&value);
  if (number != nullptr) target = *number;
  return number != nullptr;
}

const char* type_name(const std::string&) { return "a string in quotes"; }
const char* type_name(bool) { return "true or false"; }
const char* type_name(int64_t) { return "a whole number"; }
const char* type_name(double) { return "a number"; }

// The one option whose value may be written as a list in a file.
constexpr std::string_view kList = "crop";

// `name` is the option that the entry sets: its key, or of a shorthand the network's own.
void assign_entry(const ConfigEntry& entry, const std::string& name, const std::string& source,
                  TrainOptions& options) {
  std::vector<std::string> names;
  bool known = false;
  visit_options(options, [&](const OptionInfo& info, auto& value) {
    names.emplace_back(info.name);
    if (name != info.name) return;
    known = true;
    if (entry.is_list && name != kList) {
      throw UsageError(fmt::format("{}:{}: {} must be {}, not a list", source, entry.line,
                                   entry.key, type_name(value)));
    }
    if (!assign(entry.value, value)) {
      std::string given = format_config_line("", entry.value);  // " = VALUE" and the line's end
      given = given.substr(given.find('=') + 2);
      given.pop_back();
      throw UsageError(fmt::format("{}:{}: {} must be {}, not {}", source, entry.line, entry.key,
                                   type_name(value), given));
    }
  });
  constexpr std::array<std::string_view, 10> kOfOneCall{
      "out",      "resume",     "config",   "dry-run",      "quiet",
      "finetune", "log-format", "max-time", "allow-change", "reset-optimizer"};
  if (!known && std::find(kOfOneCall.begin(), kOfOneCall.end(), name) != kOfOneCall.end()) {
    throw UsageError(
        fmt::format("{}:{}: '{}' stands on the command line only", source, entry.line, entry.key));
  }
  if (!known) {
    const std::string nearest = nearest_name(entry.key, names);
    throw UsageError(fmt::format("{}:{}: unknown option '{}'{}", source, entry.line, entry.key,
                                 nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
  }
}

bool is_shorthand(const std::string& key) { return key == "lr" || key == "norm"; }

void require(bool condition, const std::string& message) {
  if (!condition) throw UsageError(message);
}

// A check of models/ in the words of the command line.
template <typename Check>
void check_name(const char* option, const std::string& value, Check&& check) {
  try {
    check();
  } catch (const c10::ValueError& error) {
    throw UsageError(
        fmt::format("--{} {}: {}", option, value, first_line(error.what_without_backtrace())));
  }
}

}  // namespace

std::string options_to_toml(const TrainOptions& options) {
  std::string text;
  visit_options(options, [&](const OptionInfo& info, const auto& value) {
    text += format_config_line(info.name, value);
  });
  return text;
}

OptionOrigins options_from_toml(const std::string& text, const std::string& source,
                                TrainOptions& options) {
  const auto entries = parse_config(text, source, "train");
  OptionOrigins origins;
  const auto set = [&](const ConfigEntry& entry, const std::string& name) {
    assign_entry(entry, name, source, options);
    origins[name] = {fmt::format("{}:{}", source, entry.line), entry.key};
  };
  // lr and norm set both networks; what names one of them comes after.
  for (const ConfigEntry& entry : entries) {
    if (is_shorthand(entry.key)) {
      for (const char* network : {"-g", "-d"}) set(entry, entry.key + network);
    }
  }
  for (const ConfigEntry& entry : entries) {
    if (!is_shorthand(entry.key)) set(entry, entry.key);
  }
  return origins;
}

std::string with_origin(const std::string& message, const OptionOrigins& origins) {
  if (!message.starts_with("--")) return message;
  const size_t end = std::min(message.find_first_of(" :"), message.size());
  const auto found = origins.find(message.substr(2, end - 2));
  if (found == origins.end()) return message;
  const auto& [place, key] = found->second;
  return place + ": " + key + message.substr(end);
}

std::vector<ConfigEntry> options_to_entries(const TrainOptions& options) {
  std::vector<ConfigEntry> entries;
  visit_options(options, [&](const OptionInfo& info, const auto& value) {
    entries.push_back({info.name, value, 0});
  });
  return entries;
}

void set_option(TrainOptions& options, const ConfigEntry& entry) {
  assign_entry(entry, entry.key, "command line", options);
}

DatasetOptions dataset_options(const TrainOptions& o) {
  return {.image_size = o.image_size,
          .channels = o.channels,
          .crop = o.crop,
          .fit = o.fit,
          .background = o.background,
          .memory = o.memory,
          .workers = o.workers,
          .strict = o.strict};
}

void check_training_size(int64_t image_size) {
  if (image_size == 0) return;
  check_name("image-size", std::to_string(image_size), [&] { check_image_size(image_size); });
}

void validate(const TrainOptions& o) {
  require(is_utf8(o.data), fmt::format("--data {}: the path is not UTF-8, which config.toml and "
                                       "checkpoints are written in: rename it or link to it",
                                       printable(o.data)));
  constexpr int64_t kMany = 1 << 20;
  constexpr int64_t kUnbounded = int64_t{1} << 53;  // exact in metrics.jsonl's numbers
  check_training_size(o.image_size);
  require(!o.data.empty(), "--data: name the images to train on, a folder for instance");
  validate(dataset_options(o));
  check_range("nz", o.nz, 1, kMany);
  check_range("ngf", o.ngf, 0, 4096);
  check_range("ndf", o.ndf, 0, 4096);
  check_name("norm-g", o.norm_g, [&] { parse_normalization(o.norm_g); });
  check_name("norm-d", o.norm_d, [&] { parse_normalization(o.norm_d); });
  check_name("init", o.init, [&] { parse_initialization(o.init); });
  check_range("batch-size", o.batch_size, 1, kMany);
  check_range("steps", o.steps, 0, kUnbounded);
  check_range("epochs", o.epochs, 0, kUnbounded / kMany);
  require(o.steps > 0 || o.epochs > 0, "--epochs 0: nothing to do; give --steps or --epochs");
  for (const auto& [name, rate] : {std::pair{"lr-g", o.lr_g}, std::pair{"lr-d", o.lr_d}}) {
    require(std::isfinite(rate) && rate > 0,
            fmt::format("--{} {}: expected a number above 0", name, rate));
  }
  require(o.beta1 >= 0 && o.beta1 < 1,
          fmt::format("--beta1 {}: expected a number from 0 to below 1", o.beta1));
  parse_schedule(o.lr_schedule);
  parse_on_divergence(o.on_divergence);
  require(std::isfinite(o.clip_grad_norm) && o.clip_grad_norm >= 0,
          fmt::format("--clip-grad-norm {}: expected a number from 0", o.clip_grad_norm));
  require(o.ema >= 0 && o.ema < 1,
          fmt::format("--ema {}: expected a number from 0 to below 1", o.ema));
  check_range("seed", o.seed, 0, std::numeric_limits<int64_t>::max());
  check_range("threads", o.threads, 0, 4096);
  check_range("log-every", o.log_every, 1, kUnbounded);
  check_range("sample-every", o.sample_every, 1, kUnbounded);
  check_range("eval-every", o.eval_every, 0, kUnbounded);
  check_range("eval-samples", o.eval_samples, 2, kMany);
  require(o.eval_metric == "fid" || o.eval_metric == "kid",
          fmt::format("--eval-metric {}: expected fid or kid", o.eval_metric));
  check_range("probe-every", o.probe_every, 0, kUnbounded);
  check_range("checkpoint-every", o.checkpoint_every, 1, kUnbounded);
  check_range("keep-last", o.keep_last, 0, kUnbounded);
  check_range("keep-every", o.keep_every, 0, kUnbounded);
}

}  // namespace dcgan
