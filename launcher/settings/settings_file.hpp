// Reads holdfast.toml strictly: anything that is not understood is an error, wherever it is in the
// file and whichever profile is selected. docs/reference/config.md describes the file.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "settings/settings.hpp"

namespace holdfast {

inline constexpr std::size_t k_largest_settings_file = 1024 * 1024;

// `path` is only for messages. The error has a line for each mistake in the file, as Complaints has
// it: `<path>:<line>: <what>: found …, expected …`. If the file has no such `profile`, it is
// `<path>: profile …`.
Result<Settings> parse_settings(std::string_view text, const std::string& path,
                                const std::string& profile);

// Reads the file. A missing file is an error, too.
Result<Settings> read_settings_file(const std::string& path, const std::string& profile);

}  // namespace holdfast
