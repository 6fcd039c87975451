#include "common/config.h"

#include <fmt/format.h>

#include <algorithm>
#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "common/config_characters.h"
#include "common/error.h"
#include "common/text.h"

namespace dcgan {
namespace {

// A list as the command line takes it: "35,55,108,108".
std::string join(const toml::array& array, const ConfigEntry& entry, const AsciiText& ascii,
                 const std::string& source) {
  std::string text;
  for (const toml::node& item : array) {
    if (!text.empty()) text += ',';
    if (const auto* integer = item.as_integer()) {
      text += std::to_string(integer->get());
    } else if (const auto* string = item.as_string()) {
      text += ascii.original(string->get());
    } else {
      throw UsageError(fmt::format("{}:{}: the list {} must hold whole numbers or strings", source,
                                   entry.line, entry.key));
    }
  }
  return text;
}

ConfigEntry to_entry(const std::string& key, const toml::node& node, const AsciiText& ascii,
                     const std::string& source) {
  ConfigEntry entry{key, {}, static_cast<int64_t>(node.source().begin.line)};
  if (const auto* boolean = node.as_boolean()) {
    entry.value = boolean->get();
  } else if (const auto* integer = node.as_integer()) {
    entry.value = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    entry.value = number->get();
  } else if (const auto* string = node.as_string()) {
    entry.value = ascii.original(string->get());
  } else if (const auto* array = node.as_array()) {
    entry.value = join(*array, entry, ascii, source);
    entry.is_list = true;
  } else {
    throw UsageError(fmt::format("{}:{}: {} must be a number, a string, a list, true or false",
                                 source, entry.line, key));
  }
  return entry;
}

// The parser's words for the commonest mistakes, in words for people.
std::string in_plain_words(const std::string& description) {
  if (description.find("parsing string: unescaped control characters") != std::string::npos ||
      description.find("parsing string: encountered end-of-file") != std::string::npos) {
    return "the string is not closed: the quotes at its end are missing";
  }
  if (description.ends_with("expected value, saw '\\n'")) return "there is no value behind the =";
  return description;
}

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& source,
                                      std::string_view table) {
  if (const int64_t line = line_of_stray_character(text); line > 0) {
    throw UsageError(fmt::format(
        "{}:{}: a character that is not ASCII stands outside of quotes, or behind a backslash",
        source, line));
  }
  if (!is_utf8(text)) throw UsageError(fmt::format("{}: is no UTF-8 text", source));
  const AsciiText ascii(text);
  toml::table document;
  try {
    document = toml::parse(ascii.text(), source);
  } catch (const toml::parse_error& error) {
    throw UsageError(fmt::format("{}:{}: {}", source, error.source().begin.line,
                                 ascii.original(in_plain_words(first_line(error.description())))));
  }
  std::vector<ConfigEntry> entries;
  // TOML itself forbids a key twice in one place; the plain keys and the table are two.
  const auto add = [&](const std::string& key, const toml::node& node) {
    const ConfigEntry entry = to_entry(key, node, ascii, source);
    for (const ConfigEntry& other : entries) {
      if (other.key != key) continue;
      throw UsageError(fmt::format("{}:{}: {} is given in line {} already", source,
                                   std::max(entry.line, other.line), key,
                                   std::min(entry.line, other.line)));
    }
    entries.push_back(entry);
  };
  for (const auto& [key, node] : document) {
    const std::string name = ascii.original(key.str());
    if (node.is_array_of_tables()) {
      // The node itself knows no place, its first table does.
      throw UsageError(fmt::format("{}:{}: [[{}]] is a list of tables; expected [{}] or plain keys",
                                   source, node.as_array()->front().source().begin.line, name,
                                   table));
    }
    if (const auto* section = node.as_table()) {
      if (name != table) {
        throw UsageError(fmt::format("{}:{}: unknown table [{}]; expected [{}] or plain keys",
                                     source, node.source().begin.line, name, table));
      }
      for (const auto& [inner_key, inner_node] : *section) {
        add(ascii.original(inner_key.str()), inner_node);
      }
    } else {
      add(name, node);
    }
  }
  return entries;
}

std::string format_config_line(std::string_view key, const ConfigValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) {
    return fmt::format("{} = {}\n", key, *boolean);
  }
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    return fmt::format("{} = {}\n", key, *integer);
  }
  if (const auto* number = std::get_if<double>(&value)) {
    std::string text = format_exact(*number);
    if (text.find_first_of(".einf") == std::string::npos) {
      text += ".0";  // TOML tells floats from integers by the point
    }
    return fmt::format("{} = {}\n", key, text);
  }
  std::string quoted = "\"";
  for (const char c : std::get<std::string>(value)) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        } else {
          quoted += c;
        }
    }
  }
  return fmt::format("{} = {}\"\n", key, quoted);
}

}  // namespace dcgan
