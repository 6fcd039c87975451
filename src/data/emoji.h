#pragma once

#include <filesystem>
#include <memory>

#include "data/dataset.h"
#include "data/picture_transform.h"

namespace dcgan {

/// Every colour picture of a bitmap colour font (Noto Color Emoji's CBDT table: 3,926 of 136x128),
/// in the order of its glyphs, whole, on the transform's background. Throws DataError: no such
/// font, or none with colour bitmaps.
std::unique_ptr<Dataset> open_emoji(const std::filesystem::path& font,
                                    const PictureTransform& transform);

/// Noto Color Emoji as Debian and Ubuntu install it. Throws DataError that says how.
std::filesystem::path find_emoji_font();

}  // namespace dcgan
