#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dcgan {

/// Replaces `path` by the concatenated `parts` so that a reader, or a crash at any instant, sees
/// either the old file or the whole new one: temporary file in the same folder, fsync, rename,
/// fsync of the folder. Throws DiskError naming path and reason; the old file is unharmed then.
void write_atomically(const std::filesystem::path& path,
                      const std::vector<std::span<const uint8_t>>& parts);
void write_atomically(const std::filesystem::path& path, std::string_view text);

/// Appends `bytes`, if the system lets it with one write. Throws DiskError naming path and reason.
void append_to_file(const std::filesystem::path& path, std::string_view bytes);

/// Makes what was appended survive a power cut. Throws DiskError naming path and reason.
void sync_file(const std::filesystem::path& path);

/// Whether `path` is the temporary file of a write_atomically() whose process was killed.
bool is_unfinished(const std::filesystem::path& path);

/// The whole file. Throws UsageError naming path and reason, also where it is larger than `limit`
/// bytes.
std::string read_text(const std::filesystem::path& path, uint64_t limit = 64 << 20);

/// The ending of a file's name in lower case, with its point: ".jpg"; "" if there is none.
std::string lower_extension(const std::filesystem::path& path);

/// Path of the running executable.
std::filesystem::path executable_path();

}  // namespace dcgan
