#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "cli/values.h"
#include "cli/verbs.h"
#include "common/data_files.h"
#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "report/metrics_log.h"
#include "report/progress.h"
#include "training/dry_run.h"
#include "training/trainer.h"

namespace dcgan {
namespace {

struct TrainArguments {
  TrainOptions options;
  std::string norm;
  double lr = 0;
  std::string config;
  std::string resume;
  std::string out;
  std::string max_time;
  std::string log_format = "text";
  ResumeRules rules;
  bool quiet = false;
  bool dry_run = false;
};

bool is_given(const CLI::App& verb, const std::string& name) {
  return verb.get_option("--" + name)->count() > 0;
}

// The command line's own values, over those of a file or a checkpoint.
void apply_command_line(const CLI::App& verb, const TrainArguments& arguments,
                        TrainOptions& options) {
  if (is_given(verb, "norm")) {
    options.norm_g = arguments.norm;
    options.norm_d = arguments.norm;
  }
  if (is_given(verb, "lr")) {
    options.lr_g = arguments.lr;
    options.lr_d = arguments.lr;
  }
  const auto given = options_to_entries(arguments.options);
  for (const ConfigEntry& entry : given) {
    if (is_given(verb, entry.key)) set_option(options, entry);
  }
  // Of the two ways to say how long, the one on the command line counts.
  if (is_given(verb, "epochs") && !is_given(verb, "steps")) options.steps = 0;
}

// "--resume auto --out FOLDER": the folder's run where there is one to go on with, else a new one
// there. One command for a queue that starts it again and again.
bool is_to_start(const TrainArguments& arguments) {
  if (arguments.out.empty()) {
    throw UsageError("--resume auto: name the run's folder with --out, the same in every call");
  }
  return RunDirectory::open(arguments.out).checkpoints().empty();
}

ProgressStyle style_of(const TrainArguments& arguments) {
  if (arguments.log_format != "text" && arguments.log_format != "json") {
    throw UsageError(fmt::format("--log-format {}: expected text or json", arguments.log_format));
  }
  const bool json = arguments.log_format == "json";
  if (arguments.quiet) return json ? ProgressStyle::kQuietJson : ProgressStyle::kQuiet;
  return json ? ProgressStyle::kJson : ProgressStyle::kText;
}

// Whether --config names one of the presets rather than a file. A preset's name means the preset,
// ./NAME the file.
bool is_preset(const std::string& name) {
  if (name.find('/') != std::string::npos || name.ends_with(".toml")) return false;
  std::error_code error;
  return has_preset(name) || !std::filesystem::exists(name, error);
}

// Reads --config; what is no file (a pipe that nobody writes to) is not waited for.
std::string read_config(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error)) {
    throw UsageError(fmt::format("--config {}: no regular file", file.string()));
  }
  return read_text(file);
}

void print_result(const TrainResult& result, bool json) {
  if (json) {
    std::printf("%s\n", metrics_to_json({{"step", static_cast<double>(result.step)},
                                         {"run", result.run.path().string()},
                                         {"samples", result.samples.string()},
                                         {"checkpoint", result.checkpoint.string()}})
                            .c_str());
    return;
  }
  if (result.time_limit_reached) {
    std::printf("time limit reached after step %ld; go on with: dcgan train --resume %s\n",
                result.step, shell_quoted(result.run.path().string()).c_str());
  }
  if (result.code != ExitCode::kDone) {
    std::printf("stopped after step %ld; go on with: dcgan train --resume %s\n", result.step,
                shell_quoted(result.run.path().string()).c_str());
  }
  std::printf("samples: %s\ncheckpoint: %s\nmore images: dcgan generate %s\n",
              result.samples.c_str(), result.checkpoint.c_str(),
              shell_quoted(result.checkpoint.string()).c_str());
}

void print_finished(const ResumePoint& point, int64_t steps, bool json) {
  if (json) {
    std::printf("%s\n", metrics_to_json({{"step", static_cast<double>(point.progressed.step)},
                                         {"finished", "true"},
                                         {"run", point.run.path().string()},
                                         {"checkpoint", point.checkpoint.string()}})
                            .c_str());
    return;
  }
  std::printf("%s is finished: step %ld is done, %ld were asked for; more --steps go on\n",
              point.checkpoint.c_str(), point.progressed.step, steps);
}

int start_training(const CLI::App& verb, const TrainArguments& arguments, OptionOrigins& origins) {
  // Before there is anything to save a request to save is no reason to end.
  std::signal(SIGUSR1, SIG_IGN);
  TrainRequest request;
  request.out = arguments.out;
  request.style = style_of(arguments);
  request.rules = arguments.rules;
  const bool json = arguments.log_format == "json";
  if (!is_utf8(arguments.out)) {
    throw UsageError(fmt::format("--out {}: the path is not UTF-8: take another name",
                                 printable(arguments.out)));
  }
  if (!arguments.max_time.empty()) {
    const auto seconds = parse_duration(arguments.max_time);
    if (!seconds || *seconds <= 0) {
      throw UsageError(fmt::format("--max-time {}: expected a time as in 3h50m, 45m or 90s",
                                   arguments.max_time));
    }
    request.most_seconds = *seconds;
  }
  const bool automatic = arguments.resume == "auto";
  const bool resumes = !arguments.resume.empty() && !(automatic && is_to_start(arguments));
  for (const char* name : {"allow-change", "reset-optimizer", "finetune"}) {
    if (is_given(verb, name) && arguments.resume.empty()) {
      throw UsageError(fmt::format("--{}: only together with --resume", name));
    }
  }
  for (const char* name : {"reset-optimizer", "finetune"}) {
    if (automatic && is_given(verb, name)) {
      throw UsageError(fmt::format(
          "--{}: not with --resume auto, whose every call would begin anew with it", name));
    }
  }
  request.may_start_anew = automatic && !resumes;
  if (!arguments.config.empty() && resumes && !automatic) {
    throw UsageError(
        fmt::format("--config {}: a resumed run goes on with its own options; give what should "
                    "change as options",
                    arguments.config));
  }
  if (resumes) {
    request.resume = automatic ? resume_point_of(RunDirectory::open(arguments.out))
                               : find_resume_point(arguments.resume);
    Progress progress(0, 0, request.style);
    for (const std::string& text : request.resume->warnings) progress.warning(text);
    request.options = request.resume->options;
    if (automatic) request.out.clear();  // in its own folder
  }
  // Of an automatic resume the file is the one that it started with: what would change is refused.
  if (!arguments.config.empty()) {
    const bool preset = is_preset(arguments.config);
    const std::filesystem::path file =
        preset ? find_preset(arguments.config) : std::filesystem::path(arguments.config);
    origins = options_from_toml(read_config(file), file.string(), request.options);
    for (const char* name : {"lr", "norm"}) {
      if (!is_given(verb, name)) continue;
      for (const char* network : {"-g", "-d"}) origins.erase(std::string(name) + network);
    }
    // A preset is not for its user to mend.
    if (preset) origins.clear();
    std::erase_if(origins, [&](const auto& origin) { return is_given(verb, origin.first); });
  }
  apply_command_line(verb, arguments, request.options);
  validate(request.options);
  if (request.resume) {
    check_changes(option_changes(request.resume->options, request.options), request.rules,
                  request.resume->checkpoint);
    if (!request.rules.finetune && request.resume->progressed.step >= request.options.steps &&
        request.options.steps > 0) {
      print_finished(*request.resume, request.options.steps, json);
      return static_cast<int>(ExitCode::kDone);
    }
  }
  if (arguments.dry_run) {
    dry_run(std::move(request));
    return static_cast<int>(ExitCode::kDone);
  }
  const TrainResult result = train(std::move(request));
  // All is saved: a signal now would change nothing but the exit code.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
  print_result(result, json);
  // It says where the files are: that nobody reads it any more (a closed terminal, a killed tee) is
  // no failure of the training.
  std::fflush(stdout);
  std::clearerr(stdout);
  return static_cast<int>(result.code);
}

int run_train(const CLI::App& verb, const TrainArguments& arguments) {
  OptionOrigins origins;  // of those that a file set and the command line did not
  try {
    return start_training(verb, arguments, origins);
  } catch (const Error& error) {
    throw Error(error.code(), with_origin(error.what(), origins));
  }
}

}  // namespace

void add_train(CLI::App& app, Verb& chosen) {
  CLI::App* verb =
      app.add_subcommand("train", "Train a DCGAN; without options on the embedded digits");
  auto arguments = std::make_shared<TrainArguments>();
  visit_options(arguments->options, [&](const OptionInfo& info, auto& value) {
    add_value(*verb, std::string("--") + info.name, value, info.help);
  });
  add_value(*verb, "--norm", arguments->norm, "sets --norm-g and --norm-d together");
  add_value(*verb, "--lr", arguments->lr, "sets --lr-g and --lr-d together")->default_str("");
  verb->add_option("--out", arguments->out,
                   "folder of the new run (default: the next one below runs/)");
  verb->add_option(
          "--resume", arguments->resume,
          "go on with a run folder, a checkpoint, or alone: the newest run; its options are "
          "the defaults. auto: start or go on in the folder --out, for queues")
      ->expected(0, 1)
      ->default_str("latest");
  verb->add_flag("--allow-change", arguments->rules.allow_change,
                 "with --resume: go on although options or images change the run");
  verb->add_flag("--reset-optimizer", arguments->rules.reset_optimizer,
                 "with --resume: go on with fresh moments of Adam; its options may change");
  verb->add_flag("--finetune", arguments->rules.finetune,
                 "with --resume: begin a new run at step 0 with the weights alone");
  add_value(
      *verb, "--max-time", arguments->max_time,
      "save and end after so long (3h50m, 45m; a number alone: seconds), for the time limits of "
      "queues");
  verb->add_option(
      "--config", arguments->config,
      "TOML file of options, or a preset by name (digits, folder-64, ...); the command "
      "line beats it");
  verb->add_flag(
      "--dry-run", arguments->dry_run,
      "count the data, show layers, memory and the time a run would take; write nothing");
  add_value(*verb, "--log-format", arguments->log_format,
            "of the progress on stderr: text, or json, an object a line");
  verb->add_flag("--quiet", arguments->quiet, "no progress");
  verb->footer("Example: dcgan train --data photos/ --image-size 64 --steps 5000");
  verb->callback([verb, arguments, &chosen] {
    chosen = [verb, arguments] { return run_train(*verb, *arguments); };
  });
}

}  // namespace dcgan
