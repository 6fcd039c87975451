#include "studies/study_csv.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace dcgan {
namespace {

using nlohmann::json;

std::string csv_field(const json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string csv_of(const Records& results) {
  const std::vector<std::string> columns{
      "study",         "stage",          "arm",       "settings",
      "seed",          "failed",         "failure",   "last_fid",
      "best_fid",      "best_step",      "fid_batch", "threshold_step",
      "collapse_step", "late_variation", "accuracy",  "train_accuracy",
      "target_step",   "target_seconds", "step_ms",   "seconds",
      "processor",     "build"};
  std::string text;
  for (const std::string& column : columns) text += (text.empty() ? "" : ",") + column;
  text += "\n";
  for (const json& record : results) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) line += ",";
      const auto found = record.find(columns[i]);
      if (found != record.end() && !found->is_null()) line += csv_field(*found);
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace dcgan
