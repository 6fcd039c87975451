#pragma once

#include <filesystem>
#include <string>

namespace dcgan {

/// Refuses to write `target` into the folder `data` (what --data takes), where it would replace a
/// picture or become one; runs of this program in it excepted. Throws UsageError naming `option`.
void check_outside_data(const std::filesystem::path& target, const char* option,
                        const std::string& data);

/// The same, and refuses a picture elsewhere that a link in the folder leads to. Looks through the
/// whole folder where `target` exists: for those who read it anyway.
void check_output_path(const std::filesystem::path& target, const char* option,
                       const std::string& data);

}  // namespace dcgan
