// holdfast.toml, read strictly: what is not understood is an error, wherever it stands in the file
// and whichever profile is selected. docs/reference/config.md describes the file.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/settings/settings.hpp"

namespace holdfast {

inline constexpr std::size_t k_largest_settings_file = 1024 * 1024;

// `path` is only for messages. The error is the first of the file, one line:
// `<path>:<line>: <what>: found …, expected …`; for a `profile` that the file does not have
// `<path>: profile …`.
Result<Settings> parse_settings(std::string_view text, const std::string& path,
                                const std::string& profile);

// Reads the file. One that does not exist is an error, too.
Result<Settings> read_settings_file(const std::string& path, const std::string& profile);

}  // namespace holdfast
