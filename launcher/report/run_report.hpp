// Makes a run's report, as a pure function of the journal's records.
#pragma once

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "journal/journal_reader.hpp"
#include "report/model.hpp"

namespace holdfast {

// Gives the records of a journal to a function, one by one, and returns what is wrong with the
// journal: read_records().
using ReadRecords = std::function<Result<JournalFlaws>(const SeeRecord&)>;

// The report of all these records. It needs less memory than the records that it is made from.
Result<RunReport> report_of(const ReadRecords& read, RunState state);

// Returns the files of the record, each with the tests that ran when it was written. `report` must
// already have everything else.
std::vector<ChangedSource> changed_sources(const SourcesRecord& record, const RunReport& report);

// The counts of `tests`. Each report has them already.
Counts count(const std::vector<TestReport>& tests);

}  // namespace holdfast
