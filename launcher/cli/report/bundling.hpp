// `holdfast report --bundle FILE`.
#pragma once

#include <filesystem>

#include "core/base/result.hpp"
#include "report/load.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {

// Writes the bundle as write_whole() writes a file, and says in one line what is left out.
Result<void> write_bundle_file(const RunEntry& run, RunState state,
                               const std::filesystem::path& file);

}  // namespace holdfast::cli
