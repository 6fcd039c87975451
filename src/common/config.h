#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dcgan {

/// A value of a configuration file. (Booleans are told apart from integers.)
using ConfigValue = std::variant<bool, int64_t, double, std::string>;

/// Key, value, and the line it stands on.
struct ConfigEntry {
  std::string key;
  ConfigValue value;
  int64_t line = 0;
  /// Whether the value is the string of a list's items.
  bool is_list = false;
};

/// Reads TOML: flat keys, or keys of the table [`table`]. Throws UsageError naming `source`, line
/// and reason on a syntax error, another table, a key given twice, or a value that is no boolean,
/// number, string or list of these. A list becomes the string of its items with commas between.
std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& source,
                                      std::string_view table);

/// One TOML line "key = value", a string quoted and escaped.
std::string format_config_line(std::string_view key, const ConfigValue& value);

}  // namespace dcgan
