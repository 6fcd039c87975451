#pragma once

#include <torch/nn/modules/container/any.h>

#include <string>
#include <string_view>
#include <vector>

#include "models/batch_norm.h"

namespace dcgan {

/// How a stage normalises.
///   batch     over the batch and all locations, per channel (Ioffe & Szegedy 2015)
///   none      not at all
///   layer     over all channels and locations of an image (Ba, Kiros & Hinton 2016)
///   instance  over the locations, per image and channel (Ulyanov, Vedaldi & Lempitsky 2016)
///   group     over groups of 32 channels, or what divides them (Wu & He 2018)
///   spectral  the convolution's weight by its largest singular value (Miyato et al. 2018); unlike
///             the others on every convolution of the network, the ends included
enum class Normalization { kBatch, kNone, kLayer, kInstance, kGroup, kSpectral };

/// Every name that `parse_normalization` takes, in the order of the enumeration.
const std::vector<std::string>& normalization_names();

/// Throws c10::ValueError on an unknown name, listing the known ones.
Normalization parse_normalization(std::string_view name);
std::string to_string(Normalization normalization);

/// Whether the norm acts on feature maps, with a gamma and beta of its own. Convolutions before the
/// others get a bias instead.
bool normalizes_features(Normalization normalization);

/// The module for `channels` feature maps [N, C, H, W]; empty if the norm does not act on them. In
/// evaluation an image's result must not depend on the others of its batch: sampling and pictures
/// rely on it. One whose statistics in training are a batch's must be a BatchNorm2d (with options
/// of its own): only to that does the stage say that real and fake images are apart.
/// `batch_norm` are the options of a batch norm, its number of channels aside.
torch::nn::AnyModule make_normalization(Normalization normalization, int64_t channels,
                                        const BatchNormOptions& batch_norm);

}  // namespace dcgan
