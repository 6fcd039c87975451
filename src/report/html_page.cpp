#include "report/html_page.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/error.h"
#include "common/file.h"
#include "report/page_template.h"

namespace dcgan {
namespace {

std::string chart_library() {
  for (const char* path : {"/usr/share/javascript/chart.js/chart.min.js",
                           "/usr/share/javascript/chart.js/Chart.min.js"}) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return read_text(path);
  }
  throw UsageError("the report's charts need Chart.js: install the package libjs-chart.js");
}

void replace(std::string& text, const std::string& mark, const std::string& value) {
  const size_t at = text.find(mark);
  text.replace(at, mark.size(), value);
}

}  // namespace

std::string html_page(const nlohmann::json& data) {
  std::string page = kPageTemplate;
  std::string json = data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // "</script>" inside a string would end the script.
  for (size_t at = 0; (at = json.find("</", at)) != std::string::npos; at += 3) {
    json.replace(at, 2, "<\\/");
  }
  replace(page, "@DATA@", json);
  replace(page, "@CHART_JS@", chart_library());
  return page;
}

std::string image_url(const std::string& path) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string bytes = read_text(path);
  std::string text = "data:image/png;base64,";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

}  // namespace dcgan
