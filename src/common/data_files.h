#pragma once

#include <filesystem>

namespace dcgan {

/// The project's data folder: $DCGAN_DATA_DIR, beside an installed program
/// (PREFIX/share/dcgan/data), or in the source tree. Throws DataError if none has `file`.
std::filesystem::path find_data_file(const std::filesystem::path& file);

}  // namespace dcgan
