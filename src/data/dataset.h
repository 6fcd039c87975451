#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace dcgan {

/// Images of one size, ready to train on.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// Short name for run directories: "digits", or the folder's own.
  virtual const std::string& name() const = 0;
  virtual int64_t size() const = 0;
  /// Height and width in pixels.
  virtual int64_t image_size() const = 0;
  virtual int64_t channels() const = 0;

  /// The images at `indices` (int64 [B], each in [0, size())) as uint8 [B, H, W, C].
  virtual at::Tensor images(const at::Tensor& indices) const = 0;

  /// Hash of every pixel: two sets of equal fingerprint train equally.
  virtual std::string fingerprint() const = 0;

  /// One line per kind of thing that was left out or adapted, for the user; may be empty.
  virtual const std::vector<std::string>& remarks() const = 0;
};

/// A set held in memory: uint8 [N, H, W, C], H = W.
class MemoryDataset : public Dataset {
 public:
  MemoryDataset(std::string name, at::Tensor images, std::vector<std::string> remarks = {});

  const std::string& name() const override { return name_; }
  int64_t size() const override { return images_.size(0); }
  int64_t image_size() const override { return images_.size(1); }
  int64_t channels() const override { return images_.size(3); }
  at::Tensor images(const at::Tensor& indices) const override;
  std::string fingerprint() const override;
  const std::vector<std::string>& remarks() const override { return remarks_; }

 private:
  std::string name_;
  at::Tensor images_;
  std::vector<std::string> remarks_;
};

/// uint8 [B, H, W, C] of any device to float [B, C, H, W] in [-1, 1], contiguous.
at::Tensor to_network_range(const at::Tensor& images);

}  // namespace dcgan
