// `holdfast report --bundle FILE`.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.hpp"
#include "report/load.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {

// Writes the bundle as write_whole() writes a file. Returns a line about what is left out; empty:
// nothing is.
Result<std::string> write_bundle_file(const RunEntry& run, RunState state,
                                      const std::filesystem::path& file);

}  // namespace holdfast::cli
