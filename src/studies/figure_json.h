#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "studies/study.h"

namespace dcgan {

/// A figure as the page of a report draws it; NaN as null.
nlohmann::json figure_json(const Figure& figure);

/// The pictures of `folder`, named by their steps, as [{"step", "image": data URL}]; thinned evenly
/// to 60 frames and `most_bytes`.
nlohmann::json film_frames(const std::filesystem::path& folder, uint64_t most_bytes = 4'000'000);

}  // namespace dcgan
