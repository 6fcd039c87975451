#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <string_view>

namespace dcgan {

/// How inputs are standardised before they reach a network (LeCun et al. 1998, "Efficient
/// BackProp", section 4.3):
///   none      as they are
///   centred   the mean of each feature subtracted
///   scaled    and each feature divided by its standard deviation
///   pca       and rotated to the axes of the covariance first: decorrelated, of variance 1
///   zca       the same, rotated back: the whitened vector nearest to the input
///   global    one mean and one standard deviation for all features together
enum class StandardizationKind { kNone, kCentred, kScaled, kPca, kZca, kGlobal };

/// Throws c10::ValueError on an unknown name, listing the known ones.
StandardizationKind parse_standardization(std::string_view name);
std::string to_string(StandardizationKind kind);

/// An affine map of feature vectors fitted to a training part, and its inverse:
///
///     y = (x - mean) W,    x = y W^-1 + mean
class Standardization {
 public:
  /// Fits to `training` [N, D], floating point, N >= 2, all of it finite; throws c10::ValueError
  /// otherwise. `epsilon` >= 0 is added to every variance, as a share of the features' mean
  /// variance, so that directions without variance are not blown up; with 0 the covariance of the
  /// whitened training part is the identity, and features (or directions) of variance 0 keep the
  /// factor 1.
  static Standardization fit(StandardizationKind kind, const at::Tensor& training,
                             double epsilon = 0);

  /// `features` [N, D] of any floating type, which the result has as well; computed in double.
  at::Tensor apply(const at::Tensor& features) const;
  /// What apply() was given, to rounding.
  at::Tensor invert(const at::Tensor& standardized) const;

  /// "kind" (int64 scalar), "mean" [D], "forward" and "backward" ([D] factors, or [D, D]), float64:
  /// to be stored (write_safetensors), and read back. from_tensors() throws c10::ValueError on a
  /// missing tensor or one of another shape.
  std::map<std::string, at::Tensor> tensors() const;
  static Standardization from_tensors(const std::map<std::string, at::Tensor>& tensors);

  StandardizationKind kind() const { return kind_; }

 private:
  StandardizationKind kind_ = StandardizationKind::kNone;
  at::Tensor mean_;
  at::Tensor forward_;
  at::Tensor backward_;
};

/// What the covariance of inputs does to gradient descent (LeCun 1998, section 5).
struct CovarianceSummary {
  /// Of the covariance: its largest eigenvalue over the smallest of those that together hold 99 %
  /// of the variance. (Over the very smallest it would say how little the emptiest pixel varies.)
  double condition = 0;
  /// The same of the second moments about 0, which is what a first layer's weights see: a mean far
  /// from 0 makes it large.
  double condition_about_zero = 0;
  /// Mean absolute correlation between two features that both vary.
  double correlation = 0;
};

/// `features` [N, D], N >= 2.
CovarianceSummary summarize_covariance(const at::Tensor& features);

}  // namespace dcgan
