#pragma once

#include <filesystem>
#include <string>

namespace dcgan {

/// The project's data folder: $DCGAN_DATA_DIR, beside an installed program
/// (PREFIX/share/dcgan/data), or in the source tree. Throws DataError if none has `file`.
std::filesystem::path find_data_file(const std::filesystem::path& file);

/// Whether there is a preset `name`: name.toml in $DCGAN_CONFIG_DIR, beside an installed program
/// (PREFIX/share/dcgan/configs), or in the source tree's configs/.
bool has_preset(const std::string& name);

/// Its file. Throws UsageError naming the presets there are, and the nearest.
std::filesystem::path find_preset(const std::string& name);

}  // namespace dcgan
