#include "cli/values.h"

#include <fmt/format.h>

#include <charconv>

#include "common/error.h"
#include "common/text.h"

namespace dcgan {
namespace {

template <typename Number>
CLI::Option* add_number(CLI::App& verb, const std::string& name, Number& value,
                        const std::string& help, const char* expected) {
  const auto read = [&value, name, expected](const std::string& text) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc() || stop != end) {
      throw UsageError(fmt::format("{} {}: expected {}{}", name, text, expected,
                                   error == std::errc::result_out_of_range ? " in range" : ""));
    }
    value = number;
  };
  return verb.add_option_function<std::string>(name, read, help)->take_last();
}

}  // namespace

CLI::Option* add_value(CLI::App& verb, const std::string& name, int64_t& value,
                       const std::string& help) {
  return add_number(verb, name, value, help, "a whole number")
      ->type_name("INT")
      ->default_str(std::to_string(value));
}

CLI::Option* add_value(CLI::App& verb, const std::string& name, double& value,
                       const std::string& help) {
  return add_number(verb, name, value, help, "a number")
      ->type_name("NUMBER")
      ->default_str(format_exact(value));
}

CLI::Option* add_value(CLI::App& verb, const std::string& name, std::string& value,
                       const std::string& help) {
  return verb.add_option(name, value, help)->capture_default_str()->take_last();
}

CLI::Option* add_value(CLI::App& verb, const std::string& name, bool& value,
                       const std::string& help) {
  return verb.add_flag(name, value, help);
}

}  // namespace dcgan
