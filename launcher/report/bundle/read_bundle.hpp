// Reads the report of a run from a bundle, where the run's build tree does not exist.
#pragma once

#include <string>

#include "base/result.hpp"
#include "report/load.hpp"

namespace holdfast {

// The same report as in the tree when the bundle was made. Writes nothing that the archive names,
// and leaves nothing behind. The error is one line that fits after "failed to".
// `program` is holdfast-archive.
Result<LoadedReport> read_bundle(const std::string& program, const std::string& file);

}  // namespace holdfast
