#include "cli/app.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "cli/verbs.h"
#include "common/error.h"
#include "common/text.h"
#include "common/version.h"
#include "models/kernels/vector_width.h"
#include "report/metrics_log.h"

namespace dcgan {
namespace {

constexpr const char* kOutOfMemory =
    "not enough memory: take a smaller --batch-size, --image-size, --ngf or --ndf";

// Whether the command line asks for lines of JSON. Looked for before it is parsed: what is wrong
// with it is to be such a line as well.
bool wants_json(int argc, char** argv) {
  constexpr std::string_view kOption = "--log-format";
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    json |= word == "--json";
    if (word == kOption && i + 1 < argc) json = std::string_view(argv[i + 1]) == "json";
    if (word.starts_with(kOption) && word.ends_with("=json")) json = true;
  }
  return json;
}

// Says why the program ends, in one line.
class Failure {
 public:
  explicit Failure(bool json) : json_(json) {}

  int operator()(const std::string& message, ExitCode code) const {
    return say(message, static_cast<int>(code));
  }
  int internal(const std::string& message) const {
    constexpr int kInternalError = 1;
    return say("internal error: " + message, kInternalError);
  }

 private:
  int say(const std::string& message, int code) const {
    std::fflush(stdout);
    const std::string line =
        json_ ? metrics_to_json({{"error", message}, {"code", static_cast<double>(code)}})
              : "dcgan: " + message;
    std::fprintf(stderr, "%s\n", line.c_str());
    return code;
  }

  bool json_;
};

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(std::function<bool(const CLI::App*)>{})) {
    names.push_back(verb->get_name());
  }
  return names;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names,
                       const char* prefix = "") {
  const std::string nearest = nearest_name(word, names);
  return nearest.empty() ? "" : fmt::format("; did you mean {}{}?", prefix, nearest);
}

// CLI11's words for a faulty command line, as one line with a way out.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* innermost = &app;
  std::string path = "dcgan";
  for (auto verbs = app.get_subcommands(); !verbs.empty(); verbs = innermost->get_subcommands()) {
    innermost = verbs.front();
    path += " " + innermost->get_name();
  }
  const CLI::App& verb = *innermost;
  const std::string help = path + " --help";
  const auto extras = app.remaining(/*recurse=*/true);
  if (!extras.empty()) {
    const std::string name = extras.front().substr(0, extras.front().find('='));
    const bool option = name.starts_with("-");
    const std::string word = name.substr(std::min(name.find_first_not_of('-'), name.size()));
    // Known, and yet not taken: it stands ahead of its verb, or has none.
    const auto knows = [](const CLI::App& one, const std::string& option_name) {
      const auto names = option_names(one);
      return std::find(names.begin(), names.end(), option_name) != names.end();
    };
    if (option) {
      const auto verbs = &verb == &app ? app.get_subcommands(std::function<bool(const CLI::App*)>{})
                                       : std::vector<const CLI::App*>{&verb};
      const auto owner = std::find_if(verbs.begin(), verbs.end(),
                                      [&](const CLI::App* one) { return knows(*one, word); });
      if (owner != verbs.end()) {
        return fmt::format("{} belongs behind the verb: dcgan {} {}", name, (*owner)->get_name(),
                           name);
      }
    }
    std::error_code ignored;
    if (!option && knows(verb, "data") && std::filesystem::exists(name, ignored)) {
      return fmt::format("unknown argument '{0}'; did you mean --data {0}? (see {1})", name, help);
    }
    return fmt::format(
        "unknown {} '{}'{} (see {})", option ? "option" : "argument", name,
        option ? suggestion(word, option_names(verb), "--") : suggestion(word, verb_names(verb)),
        help);
  }
  return fmt::format("{} (see {})", first_line(error.what()), help);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  // Training takes and frees the same large tensors at every step. By default glibc hands each back
  // to the kernel and gets it anew, page fault by page fault: several times the cost of the norm of
  // a large layer.
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, -1);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on files' sizes is a failed write, with its message

  const Failure fail(wants_json(argc, argv));
  CLI::App app("Trains a DCGAN and shows what batch normalisation does to it.", "dcgan");
  app.set_version_flag("--version", [] {
    return fmt::format("dcgan {} ({}, {}), LibTorch {}, {}-bit vectors ({}), {} CUDA", version(),
                       git_version(), build_type(), libtorch_version(), kernels::vector_bits(),
                       kernels::vector_target(), libtorch_has_cuda() ? "with" : "without");
  });
  app.require_subcommand(1);
  app.footer(
      "Try: dcgan train    (the embedded digits, a few minutes on a laptop)\n"
      "Exit codes: 0 done, 2 wrong usage, 3 bad data, 4 bad checkpoint, 5 diverged,\n"
      "129/130/143 hung up, interrupted or terminated: a checkpoint was saved, except before\n"
      "the first step and at a second signal.");
  Verb chosen;
  add_train(app, chosen);
  add_generate(app, chosen);
  add_evaluate(app, chosen);
  add_report(app, chosen);
  add_data(app, chosen);
  add_info(app, chosen);
  add_study(app, chosen);

  if (argc == 1) {
    std::printf("%s", app.help().c_str());
    return static_cast<int>(ExitCode::kUsage);
  }
  const auto verbs = verb_names(app);
  if (argv[1][0] != '-' && std::find(verbs.begin(), verbs.end(), argv[1]) == verbs.end()) {
    return fail(
        fmt::format("unknown verb '{}'{} (see dcgan --help)", argv[1], suggestion(argv[1], verbs)),
        ExitCode::kUsage);
  }
  for (int i = 1; i < argc; ++i) {
    // An empty shell variable, most likely: what was meant is unknown.
    if (argv[i][0] == '\0') {
      return fail(fmt::format("empty value after '{}'", argv[i - 1]), ExitCode::kUsage);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const Error& error) {
    return fail(error.what(), error.code());
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return fail(explain(app, error), ExitCode::kUsage);
  }
  try {
    const int code = chosen();
    // What was printed is the product of some verbs: a full disk behind it must not look like
    // success.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return fail("cannot write to the standard output", ExitCode::kUsage);
    }
    return code;
  } catch (const Error& error) {
    return fail(error.what(), error.code());
  } catch (const std::bad_alloc&) {
    return fail(kOutOfMemory, ExitCode::kUsage);
  } catch (const c10::Error& error) {
    if (first_line(error.what_without_backtrace()).find("allocate memory") != std::string::npos) {
      return fail(kOutOfMemory, ExitCode::kUsage);
    }
    return fail.internal(first_line(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return fail.internal(error.what());
  }
}

}  // namespace dcgan
