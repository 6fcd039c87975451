#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/left_out.h"

namespace dcgan {

/// Where a set comes from, for people: what `dcgan data info` shows.
struct SourceInfo {
  /// "folder of pictures", "IDX", "CIFAR-10", ...
  std::string kind;
  /// Names and numbers of images of the classes, in the order of their labels; may be empty.
  std::vector<std::pair<std::string, int64_t>> classes;
  LeftOut left_out;
  /// Width and height of the pictures as they are stored: the least, the median and the largest by
  /// area. Empty where all are as `image_size` says.
  std::optional<std::array<std::pair<int, int>, 3>> sizes;
};

/// Images of one size, ready to train on.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// Short name for messages: "digits", or the folder's own.
  virtual const std::string& name() const = 0;
  virtual int64_t size() const = 0;
  /// Height and width in pixels.
  virtual int64_t image_size() const = 0;
  virtual int64_t channels() const = 0;

  /// The images at `indices` (int64 [B], each in [0, size())) as uint8 [B, H, W, C]. May read and
  /// decode files. May be called from several threads at once. Throws DataError.
  virtual at::Tensor images(const at::Tensor& indices) const = 0;

  /// Whether images() is but a copy from memory.
  virtual bool in_memory() const { return true; }

  /// Hash of everything that the images depend on: two sets of equal fingerprint train equally.
  virtual std::string fingerprint() const = 0;

  virtual const SourceInfo& source() const = 0;

  /// One line per kind of thing that was left out or adapted, for the user; may be empty.
  virtual const std::vector<std::string>& remarks() const = 0;

  /// Remarks on what happened since: a file that vanished while the run goes on. Each is given
  /// once.
  virtual std::vector<std::string> take_late_remarks() const { return {}; }

  /// All that happened since, counted, one line for each kind; for the end of a run.
  virtual std::vector<std::string> late_summary() const { return {}; }
};

/// A set held in memory: uint8 [N, H, W, C], H = W.
class MemoryDataset : public Dataset {
 public:
  MemoryDataset(std::string name, const at::Tensor& images, SourceInfo source = {},
                std::vector<std::string> remarks = {});

  const std::string& name() const override { return name_; }
  int64_t size() const override { return images_.size(0); }
  int64_t image_size() const override { return images_.size(1); }
  int64_t channels() const override { return images_.size(3); }
  at::Tensor images(const at::Tensor& indices) const override;
  std::string fingerprint() const override;
  const SourceInfo& source() const override { return source_; }
  const std::vector<std::string>& remarks() const override { return remarks_; }

 private:
  std::string name_;
  at::Tensor images_;
  SourceInfo source_;
  std::vector<std::string> remarks_;
};

/// uint8 [B, H, W, C] of any device to float [B, C, H, W] in [-1, 1], contiguous.
at::Tensor to_network_range(const at::Tensor& images);

}  // namespace dcgan
