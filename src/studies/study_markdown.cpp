#include "studies/study_markdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "studies/glossary.h"

namespace dcgan {

std::string glance_line(const Study& study, bool preliminary,
                        const std::vector<Finding>& findings) {
  std::string line = fmt::format("| {}{} | {} |", study.name(), preliminary ? " (preliminary)" : "",
                                 study.claim());
  for (const char* verdict : {"supported", "inconclusive", "not supported", "no data"}) {
    line +=
        fmt::format(" {} |", std::count_if(findings.begin(), findings.end(),
                                           [&](const Finding& f) { return f.verdict == verdict; }));
  }
  return line + "\n";
}

std::string markdown_glossary() {
  std::string text = "## Words\n\n";
  for (const auto& [word, meaning] : report_glossary()) {
    text += fmt::format("- {}: {}\n", word, meaning);
  }
  return text + "\n";
}

std::string markdown_table(const Figure& figure) {
  std::string text = figure.title + "\n\n| " + figure.x_label + " |";
  std::string rule = "|---|";
  for (const std::string& name : figure.x_names) {
    text += " " + name + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const Figure::Series& row : figure.series) {
    text += "| " + row.name + " |";
    for (const std::string& cell : row.notes) text += " " + cell + " |";
    text += "\n";
  }
  return text + "\n";
}

std::string markdown_of(const Study& study, bool preliminary, const std::vector<Finding>& findings,
                        const std::vector<std::pair<std::string, std::string>>& facts,
                        const std::vector<std::string>& pictures) {
  std::string text =
      fmt::format("## {}\n\n| claim | verdict | numbers |\n|---|---|---|\n", study.name());
  for (const Finding& f : findings) {
    text += fmt::format("| {} | **{}**{}{} | {} |\n", f.claim, f.verdict,
                        f.meaningful ? ", meaningful" : "", preliminary ? ", preliminary" : "",
                        f.evidence);
  }
  text += "\n";
  for (const std::string& picture : pictures) text += fmt::format("![]({})\n\n", picture);
  for (const auto& [name, value] : facts) text += fmt::format("- {}: {}\n", name, value);
  return text + "\n";
}

}  // namespace dcgan
