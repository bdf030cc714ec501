// What is done when a run has ended: its reports are written, and the history remembers it.
#pragma once

#include "keeper/base/keeper.hpp"

namespace holdfast::cli {

// Nothing here fails a run. What went wrong is in the answer, and what is to be printed, too.
SaidAtEnd after_runs(const EndedRuns& ended);

}  // namespace holdfast::cli
