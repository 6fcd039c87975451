#pragma once

#include <stdexcept>
#include <string>

namespace dcgan {

/// The program's exit codes, the same for every verb.
enum class ExitCode {
  kDone = 0,
  kUsage = 2,
  kData = 3,
  kCheckpoint = 4,
  kDiverged = 5,
  kHungUp = 129,
  kInterrupted = 130,
  kTerminated = 143,
};

/// A fault that the user can mend. The message is one line: what, where, which value, what to do.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Options, paths and devices that cannot be used as given.
struct UsageError : Error {
  explicit UsageError(const std::string& message) : Error(ExitCode::kUsage, message) {}
};
/// A file that the disk does not take: it is full, faulty or read-only.
struct DiskError : UsageError {
  using UsageError::UsageError;
};
/// Images that cannot be read, or too few of them.
struct DataError : Error {
  explicit DataError(const std::string& message) : Error(ExitCode::kData, message) {}
};
/// A checkpoint that is damaged, foreign or of another architecture.
struct CheckpointError : Error {
  explicit CheckpointError(const std::string& message) : Error(ExitCode::kCheckpoint, message) {}
};
/// One that may well be whole, but is not to be read here and now: another version wrote it,
/// permission is denied, the disk does not give it. Never to be passed over for an older one, which
/// would then be trained on and overwrite it.
struct UnreadableCheckpoint : CheckpointError {
  using CheckpointError::CheckpointError;
};

}  // namespace dcgan
