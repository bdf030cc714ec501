#include "keeper/left/reap_scope.hpp"

#include <optional>

#include "core/base/attempt_tag.hpp"
#include "core/base/environment.hpp"
#include "core/base/parts.hpp"
#include "core/lock/lock_place.hpp"
#include "keeper/base/supervisors.hpp"
#include "os/process/process.hpp"
#include "store/journal_reader.hpp"
#include "store/run_directory.hpp"

namespace holdfast {
namespace {

// On a busy machine a process may live on for a while after SIGKILL. It looks after nothing then.
bool lives(const ProcessName& stamp) {
  return stamp.pid > 0 && os::is_alive(stamp) && !os::is_being_killed(stamp.pid);
}

std::string_view value_of(std::string_view environment, std::string_view name) {
  while (!environment.empty()) {
    const std::string_view entry = take_part(environment, '\0');
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

// Returns the attempts in HOLDFAST_HELD that belong to runs of the tree at `place`, innermost
// first.
std::vector<std::string_view> attempts_held(std::string_view held, std::string_view place) {
  std::vector<std::string_view> found;
  while (!held.empty()) {
    const std::string_view entry = take_part(held, ',');
    const std::size_t mark = entry.find('#');
    if (mark != std::string_view::npos && entry.substr(0, mark) == place) {
      found.push_back(entry.substr(mark + 1));
    }
  }
  return found;
}

// Whether the newest of them that is not at work ended complete, or there is none.
bool last_ended_well(const std::filesystem::path& tree, RunsOf whose) {
  for (const RunEntry& run : list_runs(tree, Dates::only_for_the_order, whose)) {
    const std::optional<RunStarted> started = first_record(run.journal);
    if (started && started->boot == os::numbering_id() && lives(started->ctest)) continue;
    const std::optional<RunEnded> end = end_record(run.journal);
    return end && end->complete;
  }
  return true;
}

RunCare care_for(const ProcessName& ctest) {
  if (!os::is_alive(ctest)) return RunCare::dead;
  const bool is_attended = has_keeper(ctest) || has_guard_alone(ctest);
  return is_attended ? RunCare::attended : RunCare::keeperless;
}

void add_runs(const std::filesystem::path& tree, RunsOf whose, ReapScope& scope) {
  const std::string boot = os::numbering_id();
  for (const RunEntry& run : list_runs(tree, Dates::only_for_the_order, whose)) {
    const std::optional<RunStarted> started = first_record(run.journal);
    if (!started || started->tree != tree.string()) continue;
    if (boot.empty() || started->boot != boot || started->ctest.pid <= 0) continue;
    if (const Result<Journal> read = read_journal(run.journal)) {
      scope.add_run(run.id, read->records, care_for(started->ctest), lives);
    }
  }
}

}  // namespace

ReapScope::ReapScope(const std::string& tree, LetGo let_go)
    : run_place_(run_place(tree)), let_go_(let_go) {}

void ReapScope::add_run(const std::string& id, const std::vector<Record>& records, RunCare care,
                        const Lives& lives) {
  std::vector<std::string_view> let_go;
  for (const Record& record : records) {
    if (const auto* started = std::get_if<AttemptStarted>(&record)) {
      if (started->attempt.empty()) continue;
      const bool attended = care == RunCare::attended || lives(started->launcher);
      const auto added =
          attempts_.insert_or_assign(started->attempt, ReapedAttempt{started->test, id, !attended});
      by_number_[tag_number(started->attempt)] = &added.first->second;
    }
    const auto* service = std::get_if<ServiceRecord>(&record);
    if (service != nullptr && !service->attempt.empty()) {
      const bool attended = care == RunCare::attended || lives(service->host);
      const auto added = attempts_.insert_or_assign(
          service->attempt, ReapedAttempt{"service " + service->service, id, !attended});
      by_number_[tag_number(service->attempt)] = &added.first->second;
    }
    const auto* ended = std::get_if<AttemptEnded>(&record);
    if (ended == nullptr) continue;
    // The run's ctest still lives, so what the attempt left belongs to the run.
    if (care == RunCare::keeperless) let_go.push_back(ended->attempt);
    if (let_go_ == LetGo::end) continue;
    // If the attempt ended by itself and nothing was reported as left, its settings allow what is
    // still there.
    const bool own_end = ended->exit_code.has_value() || ended->signal.has_value();
    const bool interrupted = ended->outcome == Outcome::interrupted;
    if (own_end && !interrupted && ended->flags.empty()) let_go.push_back(ended->attempt);
  }
  for (std::string_view attempt : let_go) {
    const auto found = attempts_.find(attempt);
    if (found != attempts_.end()) found->second.abandoned = false;
  }
}

const ReapedAttempt* ReapScope::find(std::string_view attempt) const {
  const auto found = attempts_.find(attempt);
  return found != attempts_.end() ? &found->second : nullptr;
}

const ReapedAttempt* ReapScope::owner_of(const os::ProcessMarks& marks) const {
  const std::string_view own = value_of(marks.environment, environment::k_attempt_id);
  const std::string_view held = value_of(marks.environment, environment::k_held);
  if (own.empty() && held.empty()) {
    const auto numbered = by_number_.find(marks.number);
    const bool theirs = numbered != by_number_.end() && numbered->second->abandoned;
    return theirs ? numbered->second : nullptr;
  }
  std::vector<std::string_view> chain = attempts_held(held, run_place_);
  // If HOLDFAST_HELD does not name this tree, `own` is the id of another tree's attempt.
  if (!held.empty() && chain.empty()) return nullptr;
  if (!own.empty()) chain.insert(chain.begin(), own);
  const ReapedAttempt* owner = nullptr;
  for (std::string_view attempt : chain) {
    const ReapedAttempt* known = find(attempt);
    if (known == nullptr) continue;
    if (!known->abandoned) return nullptr;
    if (owner == nullptr) owner = known;
  }
  return owner;
}

ReapScope read_reap_scope(const std::filesystem::path& tree, LetGo let_go) {
  ReapScope scope(tree.string(), let_go);
  add_runs(tree, RunsOf::ctest, scope);
  add_runs(tree, RunsOf::people, scope);
  return scope;
}

bool last_run_ended_well(const std::filesystem::path& tree) {
  return last_ended_well(tree, RunsOf::ctest) && last_ended_well(tree, RunsOf::people);
}

}  // namespace holdfast
