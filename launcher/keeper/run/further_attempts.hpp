// Answers a launcher whose test has failed and may be tried again.
#pragma once

#include "core/settings/wire.hpp"
#include "keeper/base/connections.hpp"
#include "keeper/base/run_lines.hpp"
#include "keeper/run/run.hpp"

namespace holdfast {

// The run's budget and breaker decide. If there is another attempt, lets go of what was held for
// the last one, and gives the next one its name and directory.
wire::Message answer_again(const wire::Message& question, Connection& asker, Run& run,
                           RunLines& lines);

// Notes how a test ended, as its farewell says.
void note_farewell(const wire::Message& farewell, const Connection& from, Run& run);

}  // namespace holdfast
