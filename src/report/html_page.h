#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace dcgan {

/// One self-contained HTML page (src/report/page.html with Chart.js and `data` inlined): no request
/// is made when it is opened. `data`: title, intro and studies, each with name, preliminary, facts
/// [[name, text]], findings, figures and films; see page.html. Throws UsageError where Chart.js
/// (Debian's libjs-chart.js) is not installed.
std::string html_page(const nlohmann::json& data);

/// "data:image/png;base64,..." of a file. Throws UsageError where it cannot be read.
std::string image_url(const std::string& path);

}  // namespace dcgan
