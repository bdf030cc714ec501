// Takes the runs of a build tree into its history. This can also be done later, from the runs'
// journals, as long as the tree keeps them (k_runs_kept).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>

#include "core/base/result.hpp"
#include "history/history.hpp"
#include "store/run_directory.hpp"

namespace holdfast {

// Adds the runs that are over and not yet in the history, then prunes it. Leaves out runs that a
// test started, and runs without tests. Returns how many runs were added. A journal that cannot be
// read is left out. `now` is in seconds since 1970.
Result<std::size_t> absorb(const std::filesystem::path& tree, History& history,
                           const std::function<bool(const RunEntry&)>& is_going_on, double now);

}  // namespace holdfast
