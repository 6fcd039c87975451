#pragma once

#include <optional>
#include <string>

#include "metrics/evaluation.h"

namespace dcgan {

/// Summaries of data sets from earlier evaluations, in $XDG_CACHE_HOME/dcgan (~/.cache/dcgan): one
/// safetensors file for each set, features and number of kept samples, named after the fingerprints
/// of all three. What cannot be read or written is computed anew; a damaged file is replaced.
class SummaryCache {
 public:
  /// `enabled` false: finds and stores nothing.
  explicit SummaryCache(bool enabled) : enabled_(enabled) {}

  /// The summary without images, or nothing.
  std::optional<SetSummary> find(const std::string& data_fingerprint,
                                 const FeatureExtractor& features,
                                 const EvaluationOptions& options) const;
  void store(const std::string& data_fingerprint, const FeatureExtractor& features,
             const EvaluationOptions& options, const SetSummary& summary) const;

 private:
  bool enabled_;
};

}  // namespace dcgan
