#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace dcgan {

// Options of a verb whose values are read whole, decimal, in range and the same under every locale
// (CLI11 itself clamps what is too large and reads 016 as octal). A faulty value is a UsageError
// naming option and value. Given twice, the last one counts.
CLI::Option* add_value(CLI::App& verb, const std::string& name, int64_t& value,
                       const std::string& help);
CLI::Option* add_value(CLI::App& verb, const std::string& name, double& value,
                       const std::string& help);
CLI::Option* add_value(CLI::App& verb, const std::string& name, std::string& value,
                       const std::string& help);
/// A flag: given means true.
CLI::Option* add_value(CLI::App& verb, const std::string& name, bool& value,
                       const std::string& help);

}  // namespace dcgan
