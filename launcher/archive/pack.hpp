// Packs files into an archive.
#pragma once

#include <string_view>

#include "core/base/result.hpp"

namespace holdfast::archive {

// Reads files in the form of core/bundle/packed_file.hpp from `from`, and writes an archive to
// `to`. `form`: tar, tar.gz, tar.zst or zip. Names must be ASCII.
Result<void> pack(std::string_view form, int from, int to);

}  // namespace holdfast::archive
