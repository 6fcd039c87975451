// libFuzzer target: a configuration file. Every value that is read, written and read again is the
// same.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "common/config.h"
#include "common/error.h"

namespace {

bool same(const dcgan::ConfigValue& a, const dcgan::ConfigValue& b) {
  const auto* number = std::get_if<double>(&a);
  const auto* other = std::get_if<double>(&b);
  if (number != nullptr && other != nullptr && std::isnan(*number)) return std::isnan(*other);
  return a == b;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const dcgan::ConfigEntry& entry : dcgan::parse_config(text, "fuzz", "train")) {
      const auto again =
          dcgan::parse_config(dcgan::format_config_line("key", entry.value), "again", "train");
      if (again.size() != 1 || !same(again.front().value, entry.value)) std::abort();
    }
  } catch (const dcgan::UsageError&) {
  }
  return 0;
}
