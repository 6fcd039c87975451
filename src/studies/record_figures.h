#pragma once

#include <functional>
#include <string>
#include <vector>

#include "studies/paired_findings.h"
#include "studies/study.h"

namespace dcgan {

/// Runs that one line or bar of a figure stands for.
struct Group {
  std::string name;
  Records runs;
};

/// Interquartile mean of `y` with its bootstrap interval along `x`, a line a group.
Figure lines_along(const std::string& title, const std::string& x_label, const Value& x,
                   const std::string& y_label, const Value& y, const std::vector<Group>& groups);

/// Median over runs of the trajectory `key` ("accuracies", "fid") along "steps", a line a group
/// that has runs with both.
Figure over_steps(const std::string& title, const std::string& key,
                  const std::vector<Group>& groups);

/// Median over runs of the array `read` gives, along its places 1, 2, ...: gradient norms by layer.
Figure by_layer(const std::string& title, const std::string& y_label,
                const std::function<nlohmann::json(const nlohmann::json&)>& read,
                const std::vector<Group>& groups);

/// The number "settings"[key].
Value setting(const std::string& key);

}  // namespace dcgan
