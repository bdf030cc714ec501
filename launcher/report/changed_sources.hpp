// Files under git's control that changed while the tests of a run ran.
#pragma once

#include "report/model.hpp"

#include <string>
#include <vector>

namespace holdfast {

// Returns the files of the record, each with the tests that ran when it was written. `report` must
// already have everything else.
std::vector<ChangedSource> changed_sources(const SourcesRecord& record, const RunReport& report);

// "2 tracked files changed while tests ran: data/x.txt (while only net.get ran), y.txt (removed)".
// Safe for a terminal. Empty: no file changed, or nobody looked.
std::string changed_sources_text(const RunReport& report);

}  // namespace holdfast
