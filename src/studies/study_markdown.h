#pragma once

#include <string>
#include <utility>
#include <vector>

#include "studies/study.h"

namespace dcgan {

/// A row of report.md's first table: how many findings of a study came out how. No verdict of its
/// own.
std::string glance_line(const Study& study, bool preliminary, const std::vector<Finding>& findings);

/// The section that says what the report's words mean.
std::string markdown_glossary();

/// A figure of kind kTable.
std::string markdown_table(const Figure& figure);

/// A study's section: findings, `pictures` (paths from the report), `facts` (name and value).
std::string markdown_of(const Study& study, bool preliminary, const std::vector<Finding>& findings,
                        const std::vector<std::pair<std::string, std::string>>& facts,
                        const std::vector<std::string>& pictures);

}  // namespace dcgan
