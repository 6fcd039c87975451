#pragma once

#include <string>

#include "studies/records.h"

namespace dcgan {

/// results.csv: a line a record, one number a column; trajectories are in results.jsonl alone.
std::string csv_of(const Records& results);

}  // namespace dcgan
