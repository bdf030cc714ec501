// How long tests took in earlier runs.
#pragma once

#include "cli/watch/time_left.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {

// By the runs of the tree, and for tests that these do not have, by the history. The last runs may
// not be in the history yet.
KnownDurations durations_before(const RunEntry& entry);

}  // namespace holdfast::cli
