#include "keeper/tree/enclosing_run.hpp"

#include <algorithm>

#include "core/base/attempt_tag.hpp"
#include "keeper/base/keeper_socket.hpp"
#include "os/process/process.hpp"
#include "store/journal_reader.hpp"
#include "store/run_directory.hpp"

namespace holdfast {
namespace {

// True: the run is of `ctest`. Reads only the first record of the journal, because reading twenty
// whole journals takes longer than many a test.
bool is_of(const RunEntry& run, const ProcessName& ctest, const std::string& numbering) {
  const std::optional<RunStarted> started = first_record(run.journal);
  return started && started->ctest == ctest && started->boot == numbering;
}

// True: an attempt of the run has this tag and has not ended.
bool has_tag(const RunEntry& run, std::uint64_t tag) {
  const Result<Journal> journal = read_journal(run.journal);
  return journal && is_attempt_going_on(journal->records, tag);
}

}  // namespace

bool is_attempt_going_on(const std::vector<Record>& records, std::uint64_t tag) {
  return std::ranges::any_of(unended_attempts(records), [&](const AttemptStarted& one) {
    return tag_number(one.attempt) == tag;
  });
}

std::string run_around_us(const std::string& tree, const ProcessName& ctest,
                          const std::string& numbering) {
  const std::vector<ProcessName> ancestors = os::own_ancestors();
  const bool is_ancestor =
      numbering == os::numbering_id() && std::ranges::find(ancestors, ctest) != ancestors.end();
  const std::uint64_t tag = os::own_tag();
  for (const RunEntry& run : list_runs(tree, Dates::only_for_the_order)) {
    if (is_of(run, ctest, numbering) && (is_ancestor || has_tag(run, tag))) return run.id;
  }
  // The run is not on record. All processes inside it agree on this name.
  return is_ancestor ? to_text(ctest) : std::string{};
}

std::vector<std::string> runs_of(const std::string& tree, const ProcessName& ctest,
                                 const std::string& numbering) {
  std::vector<std::string> ids;
  for (const RunEntry& run : list_runs(tree, Dates::only_for_the_order)) {
    if (is_of(run, ctest, numbering)) ids.push_back(run.id);
  }
  return ids;
}

}  // namespace holdfast
