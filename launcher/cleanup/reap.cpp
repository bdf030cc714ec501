#include "cleanup/reap.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/encoding.hpp"
#include "base/environment.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/containment/cgroup.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "run/keeper_socket.hpp"
#include "values/held_locks.hpp"

namespace holdfast {
namespace {

// On a busy machine a process may live on for a while after SIGKILL. It looks after nothing then.
bool lives(const ProcessName& stamp) {
  return os::is_alive(stamp) && !os::is_being_killed(stamp.pid);
}

// Whether the newest of them that is not at work ended complete, or there is none.
bool last_ended_well(const std::filesystem::path& tree, RunsOf whose) {
  for (const RunEntry& run : list_runs(tree, whose)) {
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

constexpr std::size_t k_most_described = 5;

bool is_in_namespace_below(pid_t pid) {
  const Result<std::string> status = os::read_process_status(pid);
  return status && numbers_in_namespaces(*status) > 1;
}

bool anybody_is_marked() {
  os::TaggedProcesses marked([](const os::ProcessMarks& marks) {
    const bool named = marks.environment.find(environment::k_attempt_id) != std::string::npos ||
                       marks.environment.find(environment::k_held) != std::string::npos;
    return marks.number != 0 || named;
  });
  return !marked.living().empty();
}

// A cgroup of an attempt whose launcher, guard and keeper were all killed. It holds no process that
// a test was allowed to leave: such a process is moved out of the cgroup when its test ends.
struct StaleCgroup {
  std::string attempt;
  std::vector<os::NamedProcess> processes;  // those that live in the cgroup
};

// Returns the stale cgroups of the tree's attempts. Calls `use(cgroup, its processes, stale)` for
// each.
template <typename Use>
std::vector<StaleCgroup> for_each_stale_cgroup(const ReapOrder& order, Use use) {
  const std::string prefix = cgroup_prefix(order.tree.string());
  std::vector<StaleCgroup> found;
  for (const os::Cgroup& cgroup : os::forsaken_cgroups(prefix)) {
    os::CgroupProcesses members(cgroup.directory());
    found.push_back({decode_file_name(cgroup.name().substr(prefix.size())), members.living()});
    use(cgroup, members, found.back());
  }
  return found;
}

// Reads the journals of `tree`. Leaves out runs of which we cannot know that they are dead: those
// of another tree (copied journals), boot or PID namespace, and those whose record names no ctest.
ReapScope read_reap_scope(const std::filesystem::path& tree, LetGo let_go) {
  ReapScope scope(tree.string(), let_go);
  const std::string boot = os::numbering_id();
  for (const RunsOf whose : {RunsOf::ctest, RunsOf::people}) {
    for (const RunEntry& run : list_runs(tree, whose)) {
      const std::optional<RunStarted> started = first_record(run.journal);
      if (!started || started->tree != tree.string()) continue;
      if (boot.empty() || started->boot != boot || started->ctest.pid <= 0) continue;
      if (const Result<Journal> read = read_journal(run.journal)) {
        scope.add_run(run.id, read->records, care_for(started->ctest), lives);
      }
    }
  }
  return scope;
}

// Finds the processes of a scope, and the attempts that they belong to.
class Search {
 public:
  explicit Search(const ReapOrder& order)
      : scope_(read_reap_scope(order.tree, order.let_go)),
        processes_([this](const os::ProcessMarks& marks) { return is_left_behind(marks); }) {}

  os::ProcessSet& processes() { return processes_; }

  std::vector<LeftBehind> living() { return with_owners(processes_.living()); }

  std::vector<LeftBehind> with_owners(const std::vector<os::NamedProcess>& processes) const {
    std::vector<LeftBehind> all;
    for (const os::NamedProcess& process : processes) {
      const ReapedAttempt& owner = *owners_.at(process.pid);
      all.push_back({process, owner.test, owner.run});
    }
    return all;
  }

 private:
  bool is_left_behind(const os::ProcessMarks& marks) {
    const ReapedAttempt* owner = scope_.owner_of(marks);
    if (owner == nullptr || is_in_namespace_below(marks.pid)) return false;
    owners_[marks.pid] = owner;
    return true;
  }

  ReapScope scope_;
  std::map<pid_t, const ReapedAttempt*> owners_;
  os::TaggedProcesses processes_;
};

// Adds the processes that were in a cgroup and had no tag.
void add_cgroups(const ReapOrder& order, const std::vector<StaleCgroup>& cgroups,
                 std::vector<LeftBehind>& all) {
  if (cgroups.empty()) return;
  const ReapScope scope = read_reap_scope(order.tree, LetGo::end);
  for (const StaleCgroup& cgroup : cgroups) {
    const ReapedAttempt* owner = scope.find(cgroup.attempt);
    for (const os::NamedProcess& process : cgroup.processes) {
      const auto is_it = [&](const LeftBehind& one) { return one.process.pid == process.pid; };
      if (std::ranges::any_of(all, is_it)) continue;
      // Attempts of `holdfast run` are in no journal.
      all.push_back({process, owner != nullptr ? owner->test : "holdfast run",
                     owner != nullptr ? owner->run : cgroup.attempt});
    }
  }
}

void reap_marked(const ReapOrder& order, Reaped& reaped) {
  if (!anybody_is_marked()) return;
  Search search(order);
  reaped.found = search.living();
  if (reaped.found.empty()) return;
  reaped.survivors =
      search.with_owners(os::end_processes(search.processes(), {SIGINT, order.grace, {}}));
}

}  // namespace

ReapScope::ReapScope(const std::string& tree, LetGo let_go)
    : run_place_(run_place(tree)), let_go_(let_go) {}

void ReapScope::add_run(const std::string& id, const std::vector<Record>& records, RunCare care,
                        const Lives& lives) {
  const auto add = [&](const std::string& attempt, const std::string& test,
                       const ProcessName& supervisor) {
    if (attempt.empty()) return;
    const bool attended = care == RunCare::attended || lives(supervisor);
    const auto added = attempts_.insert_or_assign(attempt, ReapedAttempt{test, id, !attended});
    by_number_[tag_number(attempt)] = &added.first->second;
  };
  std::vector<std::string_view> let_go;
  for (const Record& record : records) {
    if (const auto* started = std::get_if<AttemptStarted>(&record)) {
      add(started->attempt, started->test, started->launcher);
    } else if (const auto* service = std::get_if<ServiceRecord>(&record)) {
      add(service->attempt, "service " + service->service, service->host);
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
  const TextParts variables{marks.environment, '\0'};
  const std::string_view own = variable_in(variables, environment::k_attempt_id);
  const std::string_view held = variable_in(variables, environment::k_held);
  if (own.empty() && held.empty()) {
    const auto numbered = by_number_.find(marks.number);
    if (numbered == by_number_.end() || !numbered->second->abandoned) return nullptr;
    return numbered->second;
  }
  std::vector<std::string> chain = HeldLocks(held).holders_of(run_place_);
  // If HOLDFAST_HELD does not name this tree, `own` is the id of another tree's attempt.
  if (!held.empty() && chain.empty()) return nullptr;
  if (!own.empty()) chain.emplace(chain.begin(), own);
  const ReapedAttempt* owner = nullptr;
  for (const std::string& attempt : chain) {
    const ReapedAttempt* known = find(attempt);
    if (known == nullptr) continue;
    if (!known->abandoned) return nullptr;
    if (owner == nullptr) owner = known;
  }
  return owner;
}

bool last_run_ended_well(const std::filesystem::path& tree) {
  return last_ended_well(tree, RunsOf::ctest) && last_ended_well(tree, RunsOf::people);
}

std::vector<LeftBehind> find_left_behind(const ReapOrder& order) {
  std::vector<LeftBehind> found;
  // Usually no process is marked at all, and we need not read the journals.
  if (anybody_is_marked()) found = Search(order).living();
  add_cgroups(order, for_each_stale_cgroup(order, [](auto&&...) {}), found);
  return found;
}

Reaped reap_left_behind(const ReapOrder& order) {
  Reaped reaped;
  std::vector<StaleCgroup> survivors;  // the cgroups in which a process could not be ended
  const auto remove = [&](const os::Cgroup& cgroup, os::ProcessSet& members,
                          const StaleCgroup& stale) {
    std::vector<os::NamedProcess> left = os::end_processes(members, {SIGINT, order.grace, {}});
    if (!left.empty()) survivors.push_back({stale.attempt, std::move(left)});
    (void)cgroup.remove();
  };
  // Cgroups come first, because no process gets away from its cgroup.
  add_cgroups(order, for_each_stale_cgroup(order, remove), reaped.found);
  const std::vector<LeftBehind> contained = std::move(reaped.found);
  reap_marked(order, reaped);
  reaped.found.insert(reaped.found.end(), contained.begin(), contained.end());
  add_cgroups(order, survivors, reaped.survivors);
  return reaped;
}

std::string describe(const std::vector<LeftBehind>& processes) {
  std::string text = counted(processes.size(), "process", "processes");
  for (std::size_t i = 0; i < std::min(processes.size(), k_most_described); ++i) {
    const LeftBehind& one = processes[i];
    text += fmt::format("{}{} (pid {}, test \"{}\", run {})", i == 0 ? ": " : ", ",
                        one.process.name, one.process.pid, one.test, one.run);
  }
  if (processes.size() > k_most_described) {
    text += fmt::format(", and {} more", processes.size() - k_most_described);
  }
  return text;
}

}  // namespace holdfast
