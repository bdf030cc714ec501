// The answer to a launcher whose test has failed and would be tried again.
#pragma once

#include "core/settings/wire.hpp"
#include "keeper/base/connections.hpp"
#include "keeper/run/run.hpp"
#include "keeper/base/run_lines.hpp"

namespace holdfast {

// By the budget and the breaker of the run. Where there is to be another attempt, what was held for
// the last one is let go, and the next one has its name and its directory.
wire::Message answer_again(const wire::Message& question, Connection& asker, Run& run,
                           RunLines& lines);

// How a test came out, as its farewell says it.
void note_farewell(const wire::Message& farewell, const Connection& from, Run& run);

}  // namespace holdfast
