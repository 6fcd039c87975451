#include "evaluation/describe_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "common/text.h"

namespace dcgan {
namespace {

std::string size_text(const std::pair<int, int>& size) {
  return fmt::format("{}x{}", size.first, size.second);
}

}  // namespace

std::string describe_data(const std::string& data, const Dataset& dataset,
                          const PixelStatistics& statistics) {
  const SourceInfo& source = dataset.source();
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<14}{}\n", name, value);
  };
  line("data", printable(data));
  line("kind", source.kind);
  line("images", with_thousands(dataset.size()));
  if (source.sizes) {
    const auto& [least, median, largest] = *source.sizes;
    line("stored as", fmt::format("{} to {}, median {}", size_text(least), size_text(largest),
                                  size_text(median)));
  }
  line("trained as", fmt::format("{0}x{0}, {1} channel{2}", dataset.image_size(),
                                 dataset.channels(), dataset.channels() == 1 ? "" : "s"));
  line("mean", fmt::format("{:.4f} (of 0 to 1)", fmt::join(statistics.mean, ", ")));
  line("deviation", fmt::format("{:.4f}", fmt::join(statistics.std, ", ")));
  if (!source.classes.empty()) {
    line("classes", std::to_string(source.classes.size()));
    for (const auto& [name, count] : source.classes) {
      line("", fmt::format("{}: {}", printable(name), with_thousands(count)));
    }
  }
  for (const std::string& remark : dataset.remarks()) line("remark", remark);
  return text;
}

std::string data_to_json(const std::string& data, const Dataset& dataset,
                         const PixelStatistics& statistics) {
  const SourceInfo& source = dataset.source();
  nlohmann::ordered_json json{{"data", data},
                              {"kind", source.kind},
                              {"images", dataset.size()},
                              {"image_size", dataset.image_size()},
                              {"channels", dataset.channels()},
                              {"mean", statistics.mean},
                              {"std", statistics.std},
                              {"fingerprint", dataset.fingerprint()}};
  if (source.sizes) {
    json["stored_sizes"] = {{"least", (*source.sizes)[0]},
                            {"median", (*source.sizes)[1]},
                            {"largest", (*source.sizes)[2]}};
  }
  json["classes"] = nlohmann::ordered_json::object();
  for (const auto& [name, count] : source.classes) {
    // JSON knows no other bytes: replaced by one sign two names would become the same.
    json["classes"][is_utf8(name) ? name : printable(name)] = count;
  }
  json["left_out"] = nlohmann::ordered_json::object();
  for (const auto& [fault, kind] : source.left_out.kinds()) {
    json["left_out"][key_of(fault)] = {{"count", kind.count}, {"examples", kind.examples}};
  }
  json["remarks"] = dataset.remarks();
  return json.dump(2, ' ', /*ensure_ascii=*/false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace dcgan
