#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "training/checkpoint.h"
#include "training/options.h"

namespace dcgan {

/// What a resume may do beside going on exactly as before.
struct ResumeRules {
  /// Go on in the same run with other options or other images.
  bool allow_change = false;
  /// Go on with Adam's moments and count at 0; its options may change.
  bool reset_optimizer = false;
  /// Begin a new run at step 0 with the weights alone.
  bool finetune = false;
};

/// An option whose value differs from that of the checkpoint.
struct OptionChange {
  enum class Kind {
    kHarmless,      // touches no bit of the training, or is checked by other means
    kOptimizer,     // of Adam and its learning rates
    kMathematics,   // gives another run
    kArchitecture,  // the saved weights do not fit
  };
  std::string name;
  std::string before;
  std::string after;
  Kind kind = Kind::kHarmless;
};

/// What `asked` changes, in the order of the options.
std::vector<OptionChange> option_changes(const TrainOptions& saved, const TrainOptions& asked);

/// Throws CheckpointError naming the first change that `rules` forbid, both values and the switch
/// that would allow it.
void check_changes(const std::vector<OptionChange>& changes, const ResumeRules& rules,
                   const std::filesystem::path& checkpoint);

/// Throws CheckpointError where the images are not those of the checkpoint, saying in what they
/// differ.
void check_same_data(const Progressed& saved, const Progressed& found, const TrainOptions& options,
                     const std::filesystem::path& checkpoint);

/// "--steps 20 -> 40, --log-every 10 -> 5"
std::string describe_changes(const std::vector<OptionChange>& changes);

}  // namespace dcgan
