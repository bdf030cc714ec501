#include "run/enclosing_run.hpp"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include "base/names.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/process/process.hpp"

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
  const std::vector<ProcessName> ancestors = os::ancestors_of(os::own_name());
  const bool is_ancestor =
      numbering == os::numbering_id() && std::ranges::find(ancestors, ctest) != ancestors.end();
  const std::uint64_t tag = os::own_tag();
  for (const RunEntry& run : list_runs(tree)) {
    if (is_of(run, ctest, numbering) && (is_ancestor || has_tag(run, tag))) return run.id;
  }
  // The run is not on record. All processes inside it agree on this name.
  return is_ancestor ? to_text(ctest) : std::string{};
}

std::vector<std::string> runs_of(const std::string& tree, const ProcessName& ctest,
                                 const std::string& numbering) {
  std::vector<std::string> ids;
  for (const RunEntry& run : list_runs(tree)) {
    if (is_of(run, ctest, numbering)) ids.push_back(run.id);
  }
  return ids;
}

namespace {

// Returns the name that a ctest has among the attempts in the records of locks. No attempt has such
// a name.
std::string name_of_ctest(const LockParty& holder) {
  return "ctest " + to_text(holder.process) + " " + holder.boot;
}

// A ctest whose keeper was killed still has its tree until it ends. A run that gets the lock waits
// for that ctest (run_lock.cpp).
void add_orphaned_holders(LockUse& use, const std::string& directory) {
  const std::string path = directory + "/" + std::string(names::k_lock_file);
  const Result<os::UniqueFd> lock = os::open_own(path, O_RDONLY);
  if (!lock) return;
  for (LockParty& party : os::all_records(lock->get(), os::RecordList::holders)) {
    const bool known = std::ranges::any_of(
        use.holders, [&](const auto& holder) { return holder.process == party.process; });
    if (known || party.boot != os::numbering_id() || !os::is_alive(party.process)) continue;
    use.holders.push_back(std::move(party));
  }
}

std::vector<LockUse> run_lock_uses(const std::string& tree) {
  std::vector<LockUse> uses;
  const std::string top = tree + "/" + std::string(names::k_run_lock_directory);
  for (const std::string& directory : os::levels_of(top)) {
    std::optional<os::SurveyedLock> lock = os::survey_lock(directory, os::Strangers::leave_out);
    if (!lock) continue;
    LockUse use{"the build tree " + tree, std::move(lock->holders), std::move(lock->waiters),
                LockUse::Kind::run};
    add_orphaned_holders(use, directory);
    for (LockParty& holder : use.holders) holder.attempt = name_of_ctest(holder);
    uses.push_back(std::move(use));
  }
  return uses;
}

bool is_of_run(const std::string& attempt, const std::string& run) {
  return attempt.size() > run.size() && attempt[run.size()] == '.' && attempt.starts_with(run);
}

// Adds `ctest` to what is around each waiter that is in a run of that ctest. The names of attempts
// show this even if a PID namespace hides ctest.
void add_tests(std::vector<LockUse>& uses, const LockParty& ctest) {
  for (const std::string& run : runs_of(ctest.tree, ctest.process, ctest.boot)) {
    for (LockUse& use : uses) {
      for (LockParty& waiter : use.waiters) {
        if (is_in_run(waiter, run)) waiter.around.push_back(ctest.attempt);
      }
    }
  }
}

std::vector<LockUse> all_uses(const std::set<std::string>& trees) {
  std::vector<LockUse> uses = os::named_lock_uses();
  std::vector<LockParty> ctests;
  for (const std::string& tree : trees) {
    for (LockUse& use : run_lock_uses(tree)) {
      ctests.insert(ctests.end(), use.holders.begin(), use.holders.end());
      uses.push_back(std::move(use));
    }
  }
  os::add_ancestors(uses);
  for (const LockParty& ctest : ctests) add_tests(uses, ctest);
  return uses;
}

}  // namespace

bool is_in_run(const LockParty& waiter, const std::string& run) {
  return is_of_run(waiter.attempt, run) ||
         std::ranges::any_of(waiter.around,
                             [&](const std::string& attempt) { return is_of_run(attempt, run); });
}

bool is_inside_an_attempt(const LockParty& self) {
  return !self.around.empty() || is_tag(os::own_tag());
}

std::optional<NestedWait> NestedWait::begin(const LockParty& self) {
  if (!is_inside_an_attempt(self)) return std::nullopt;
  const Result<os::UniqueFd> directory = os::open_user_directory();
  if (!directory) return std::nullopt;
  Result<os::UniqueFd> waits =
      os::open_regular(*directory, std::string(names::k_user_run_waits_file), 0600);
  if (!waits) return std::nullopt;
  // Other processes need only the tree from this record. The rest is in the records at the tree.
  LockParty record = self;
  record.test.clear();
  record.around.clear();
  os::sign(waits->get(), os::RecordList::waiters, record);
  return NestedWait(self, std::move(*waits));
}

std::string NestedWait::look(Milliseconds since_start) {
  std::set<std::string> trees{self_.tree};
  for (LockParty& wait : os::living_records(waits_.get(), os::RecordList::waiters)) {
    trees.insert(std::move(wait.tree));
  }
  if (!watch_.take(find_lock_cycle(self_, all_uses(trees)), self_, since_start)) return {};
  return describe_lock_cycle(watch_.seen());
}

}  // namespace holdfast
