#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace dcgan {

/// How much of a study to run: quick is labelled preliminary.
enum class Budget { kQuick, kStandard, kFull };

/// "quick", "standard" or "full". Throws UsageError.
Budget parse_budget(const std::string& name);
std::string to_string(Budget budget);

/// One run of a study. `settings` is a JSON object of what differs from run to run, as text with
/// sorted keys, so that equal cells have equal text.
struct Cell {
  std::string study;
  /// Part of the study: later stages may depend on the results of earlier ones.
  std::string stage;
  /// Arm of the comparison: "both", "none".
  std::string arm;
  std::string settings;
  uint64_t seed = 0;

  /// Identifies the cell in results.jsonl.
  std::string key() const;
  /// Name of its folder below films/.
  std::string film() const;
  /// Whether pictures of it are kept, for the report: those of a comparison's first seed.
  bool is_filmed() const { return seed % 1000 == 0; }
};

/// A sentence about batch norm and what the results say to it.
struct Finding {
  std::string claim;
  /// "supported", "not supported", "inconclusive", or "no data".
  std::string verdict;
  bool meaningful = false;
  /// The numbers behind the verdict, in a sentence.
  std::string evidence;
};

/// A table or chart of the report, as data.
struct Figure {
  /// kPanels: clouds of points side by side on common axes, a series a panel.
  enum class Kind { kHeatmap, kLines, kBars, kTable, kPanels };
  Kind kind = Kind::kLines;
  std::string title;
  std::string x_label;
  std::string y_label;
  bool log_x = false;
  bool log_y = false;
  std::vector<std::string> x_names;  // categories, or columns of a table; or empty
  struct Series {
    std::string name;
    std::vector<double> x;  // positions, or empty where there are categories
    std::vector<double> y;
    std::vector<double> low;  // interval, or empty
    std::vector<double> high;
    std::vector<std::string> notes;  // shown with each value, or empty; the cells of a table
  };
  std::vector<Series> series;
};

/// A study: what it claims, how it is run, how it is decided. Declared before anything is run.
class Study {
 public:
  virtual ~Study() = default;
  virtual std::string name() const = 0;
  /// Counted up when cells or measures change: results of another version are not mixed.
  virtual int version() const = 0;
  virtual std::string claim() const = 0;
  virtual std::string refuted_by() const = 0;
  virtual std::string metric() const = 0;
  virtual std::string failure() const = 0;
  virtual std::string decision_rule() const = 0;
  /// Network, data, horizon, seeds.
  virtual std::string setup(Budget budget) const = 0;

  /// The cells that can be named now: all of the first stage, and those of later stages once the
  /// stage before is complete in `results` (one JSON object a finished cell). `seeds` > 0 replaces
  /// the budget's own number. While a stage is not complete its own cells are among them, so that
  /// complete() need not know the stages.
  virtual std::vector<Cell> cells(Budget budget, int64_t seeds,
                                  const std::vector<nlohmann::json>& results) const = 0;
  /// Whether every cell of every stage has its result.
  bool complete(Budget budget, int64_t seeds, const std::vector<nlohmann::json>& results) const;
  /// Cells of all stages, for the estimate before the start.
  virtual int64_t expected_cells(Budget budget, int64_t seeds) const = 0;
  /// Seconds of one cell on one thread of a usual processor, for the same.
  virtual double cell_seconds(const Cell& cell) const = 0;

  /// Runs one cell and returns its measurements. `films`: folder for pictures, or empty.
  virtual nlohmann::json run(const Cell& cell, const std::string& films) const = 0;

  virtual std::vector<Finding> findings(const std::vector<nlohmann::json>& results) const = 0;
  virtual std::vector<Figure> figures(const std::vector<nlohmann::json>& results) const = 0;
};

/// Whether `results` hold every one of `cells`.
bool all_done(const std::vector<Cell>& cells, const std::vector<nlohmann::json>& results);

/// Every study, in the order of the documentation.
const std::vector<const Study*>& all_studies();

/// Throws UsageError with the nearest name.
const Study& find_study(const std::string& name);

}  // namespace dcgan
