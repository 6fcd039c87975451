#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace dcgan {

/// What a verb does once its options are parsed; returns the exit code.
using Verb = std::function<int()>;

// Each adds one subcommand to `app`; when that is chosen, `chosen` is set.
void add_train(CLI::App& app, Verb& chosen);
void add_generate(CLI::App& app, Verb& chosen);
void add_data(CLI::App& app, Verb& chosen);
void add_evaluate(CLI::App& app, Verb& chosen);
void add_report(CLI::App& app, Verb& chosen);
void add_info(CLI::App& app, Verb& chosen);
void add_study(CLI::App& app, Verb& chosen);

}  // namespace dcgan
