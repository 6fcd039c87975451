#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>

namespace dcgan {

/// What a network sees in a batch of images.
struct Features {
  at::Tensor values;   // float [N, D]
  at::Tensor classes;  // predicted class of each, int64 [N]; undefined where none are known
};

/// A fixed map from images to feature vectors, in which distances between sets are measured.
class FeatureExtractor {
 public:
  virtual ~FeatureExtractor() = default;

  /// As it is printed beside every number: "digits", "random", "inception-2015-12-05.pt".
  virtual std::string name() const = 0;
  /// Digest of the weights: features of equal fingerprint are comparable.
  virtual std::string fingerprint() const = 0;
  virtual int64_t dimension() const = 0;
  /// 0 where no classes are known.
  virtual int64_t classes() const { return 0; }
  /// `images` uint8 [N, H, W, C], C of 1 or 3, any size; resized and converted as the network
  /// needs. Whether the features are finite is the caller's to look at. Throws UsageError for
  /// images of other channels than the network's, CheckpointError where a module gives no matrix
  /// [N, D].
  virtual Features extract(const at::Tensor& images) = 0;
};

/// `which`:
///
/// - digits: the project's classifier of the embedded digits (data/digits/features.safetensors)
/// - stacked-digits: the same on each of three colour channels: 1,000 classes
/// - random: random convolutions that never change, for any images
/// - FILE.pt: a TorchScript module from uint8 [N, 3, H, W] to [N, D], loaded in a child process
///   first; `forward`'s argument `return_features` is set if it has one
///
/// Throws UsageError for another name, CheckpointError for a file that is damaged or unsuited; both
/// name `option`, which gave `which`.
std::unique_ptr<FeatureExtractor> open_features(const std::string& which,
                                                const char* option = "--features");

/// The classifier of a features file. Throws CheckpointError.
std::unique_ptr<FeatureExtractor> open_classifier_features(const std::filesystem::path& file,
                                                           bool stacked);

/// "random": convolutions drawn from a fixed seed and never trained.
std::unique_ptr<FeatureExtractor> open_random_features();

/// uint8 [N, H, W, C] as float [N, channels, size, size] in [-1, 1]: grey by 0.299 R + 0.587 G +
/// 0.114 B, colour from grey by repetition, resized with antialiasing where the size differs.
at::Tensor to_network_images(const at::Tensor& images, int64_t channels, int64_t size);

}  // namespace dcgan
