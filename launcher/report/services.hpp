// What became of the services of a run, from their records.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/model.hpp"
#include "store/records.hpp"

namespace holdfast {

// Collects the records of services in order.
class CollectedServices {
 public:
  void add(const ServiceRecord& record);
  // Hands out what services printed while this attempt used them.
  std::vector<ServiceOutput> take_outputs(const std::string& attempt);
  // `run` is what is known about the run. In a run that is over, all services have ended.
  std::vector<ServiceReport> take(const RunInfo& run, RunState state);

 private:
  std::vector<ServiceReport> services_;
  std::map<std::string, std::vector<ServiceOutput>> outputs_;  // by the ids of attempts
};

// "service db, generation 3", and the number of an instance that is not the first.
std::string text_of(const ServiceOutput& printed);

// "db died during Net.Upload (alone); generation 3 from then on" for each generation that was lost.
std::vector<std::string> service_deaths(const RunReport& report);

// `db#3` in the record of an attempt: the name, and the generation.
struct UsedService {
  std::string_view name;
  std::int64_t generation = 0;
};
UsedService used_service(std::string_view text);

// The build steps in a report: which of them count, and how they read.

// The last record of each step that ended after `from` and by `until` (seconds since 1970), in the
// order in which they ended. Several builds may have run a step meanwhile. Kind, output and program
// distinguish a step from others: three programs make a static library.
std::vector<StepRecord> latest_steps(const std::vector<Record>& records, double from, double until);

// The step's kind and what it makes: "compile a.o". Not safe for a terminal.
std::string title_of(const StepRecord& step);

// Whether the tree was built but its tests have never run.
bool has_only_steps(const RunReport& report);

// The sections of the text report: the slowest, the heaviest, and those that waited longest for a
// slot. Empty if there are no steps.
std::string steps_text(const std::vector<StepRecord>& steps);

// Files under git's control that changed while the tests of a run ran.

// Returns the files of the record, each with the tests that ran when it was written. `report` must
// already have everything else.
std::vector<ChangedSource> changed_sources(const SourcesRecord& record, const RunReport& report);

// "2 tracked files changed while tests ran: data/x.txt (while only net.get ran), y.txt (removed)".
// Safe for a terminal. Empty: no file changed, or nobody looked.
std::string changed_sources_text(const RunReport& report);

// Which tests need much memory, and what they could ask for: `HOLDFAST_LOCKS "memory:2GiB"`.

// The amount that a test with this peak, in KiB, should ask for: a quarter more, because two runs
// of a test rarely need the same, rounded up to whole 256 MiB.
std::uint64_t proposed_memory_kb(std::uint64_t peak_kb);

// A section of the text report. Empty if no test needed much.
std::string memory_budgets(const RunReport& report);

}  // namespace holdfast
