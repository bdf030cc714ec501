#include "keeper/left/reap.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/cgroup_name.hpp"
#include "core/base/environment.hpp"
#include "core/base/file_name.hpp"
#include "core/base/parts.hpp"
#include "core/base/proc_status.hpp"
#include "os/containment/cgroup.hpp"
#include "os/containment/cgroup_processes.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast {
namespace {

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

// Ends the processes of the stale cgroups and removes the cgroups. `survivors` gets each cgroup in
// which a process could not be ended.
std::vector<StaleCgroup> remove_stale_cgroups(const ReapOrder& order,
                                              std::vector<StaleCgroup>& survivors) {
  const auto remove = [&](const os::Cgroup& cgroup, os::ProcessSet& members,
                          const StaleCgroup& stale) {
    std::vector<os::NamedProcess> left = os::end_processes(members, {SIGINT, order.grace, {}});
    if (!left.empty()) survivors.push_back({stale.attempt, std::move(left)});
    (void)cgroup.remove();
  };
  return for_each_stale_cgroup(order, remove);
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
      const auto owner = owners_.find(process.pid);
      if (owner == owners_.end()) continue;
      all.push_back({process, owner->second->test, owner->second->run});
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

bool is_listed(const std::vector<LeftBehind>& all, pid_t pid) {
  return std::ranges::any_of(all, [&](const LeftBehind& one) { return one.process.pid == pid; });
}

// Adds the processes that were in a cgroup and had no tag.
void add_cgroups(const ReapOrder& order, const std::vector<StaleCgroup>& cgroups,
                 std::vector<LeftBehind>& all) {
  if (cgroups.empty()) return;
  const ReapScope scope = read_reap_scope(order.tree, LetGo::end);
  for (const StaleCgroup& cgroup : cgroups) {
    const ReapedAttempt* owner = scope.find(cgroup.attempt);
    for (const os::NamedProcess& process : cgroup.processes) {
      if (is_listed(all, process.pid)) continue;
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

std::vector<LeftBehind> find_left_behind(const ReapOrder& order) {
  std::vector<LeftBehind> found;
  // Usually no process is marked at all, and we need not read the journals.
  if (anybody_is_marked()) found = Search(order).living();
  add_cgroups(order, for_each_stale_cgroup(order, [](auto&&...) {}), found);
  return found;
}

Reaped reap_left_behind(const ReapOrder& order) {
  Reaped reaped;
  std::vector<StaleCgroup> survivors;
  // Cgroups come first, because no process gets away from its cgroup.
  const std::vector<StaleCgroup> cgroups = remove_stale_cgroups(order, survivors);
  add_cgroups(order, cgroups, reaped.found);
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
