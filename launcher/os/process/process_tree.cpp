#include "os/process/process_tree.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {
namespace {

// After SIGKILL a process is gone in microseconds unless the kernel holds it.
constexpr Milliseconds k_kill_patience{5000};
// When we kill the tests of launchers below us, the launchers have this time to record that and to
// release locks.
constexpr Milliseconds k_inner_patience{1000};
// After so many walks we stop walking. A process that forks faster than we walk gets SIGKILL later.
constexpr int k_most_walks = 8;
// Processes may end faster than we can reap. So we stop after so many, to hear orders in between.
constexpr int k_most_reaped = 1000;
// A process that does not resist the signal is gone within this time.
constexpr Milliseconds k_dying_time{4};
constexpr Milliseconds k_dying_round{1};
// A child that is re-parented to us sends no SIGCHLD, so while killing we look this often.
constexpr Milliseconds k_kill_round{5};

// Our own child keeps its number until we reap it. A deeper descendant may be reaped by its own
// parent while we look, and another process may get its number. So we first open a descriptor of
// the descendant, then check its parent, then send the signal.
void send(const Link& to, std::initializer_list<int> signals) {
  if (to.parent == ::getpid()) {
    for (int signal : signals) {
      ::kill(to.pid, signal);
      log_sent(to.pid, signal);
    }
    return;
  }
  const UniqueFd held = watch_living(to.pid);
  const Result<ProcessStat> stat = read_process_stat(to.pid);
  // The process is still of the tree if its parent has ended and it has become our child.
  if (!stat || (stat->parent != to.parent && stat->parent != ::getpid())) return;
  for (int signal : signals) (void)send_signal(held.get(), signal);
}

bool is_of_group(const Link& link, pid_t group) {
  return group != k_no_group && ::getpgid(link.pid) == group;
}

// Spares the processes below launchers, because launchers pass on every signal that a process can
// handle.
Spared with_inner_trees(Spared spared) {
  spared.inner_trees = true;
  return spared;
}

// Walks through the descendants and sends signals once to each. One walk can miss a process whose
// parent is just ending: the process has left its parent's list of children, and was not in our
// list yet when we read our list. So we repeat the walk until it finds nobody new.
class Walks {
 public:
  explicit Walks(const Spared& spared) : spared_(spared) {}

  template <typename Send>
  void walk_until_all_are_met(Send send_to) {
    for (int walks = 0; walks < k_most_walks && meet(descendants(spared_), send_to); ++walks) {
    }
  }

  // Calls `send_to` for each descendant in `links` that was not met before. False: there was no
  // such descendant.
  template <typename Send>
  bool meet(const std::vector<Link>& links, Send send_to) {
    bool met = false;
    for (const Link& link : links) {
      if (contains(told_, link.pid)) continue;
      told_.push_back(link.pid);
      met = true;
      send_to(link);
    }
    return met;
  }

 private:
  const Spared& spared_;
  std::vector<pid_t> told_;
};

// A tree, with the containment around it if there is one. Only SIGKILL also goes to the
// containment. The tree alone gets any other signal, so that no process gets one twice.
class Descendants final : public ProcessSet {
 public:
  Descendants(const EndOrder& order, TreeWatcher& watcher)
      : order_(order), around_(order.contained), watcher_(watcher), children_(watch_children()) {}

  // Walks once. A caller that wants nobody left calls this again.
  void signal_all(int signal) override {
    if (signal == SIGKILL) {
      // It spares nobody, so it waits until the inner supervisors are gone or their time is over.
      if (around_ != nullptr && !spares()) around_->signal_all(signal);
      return kill_all();
    }
    const Spared asked = with_inner_trees(order_.spared);
    Walks(asked).meet(descendants(asked), [&](const Link& link) {
      if (!has_had(link, signal)) send(link, {signal});
    });
  }
  void ask_to_end(int signal) override {
    is_asked_ = true;
    const Spared asked = with_inner_trees(order_.spared);
    Walks walks(asked);
    const auto ask = [&](const Link& link) {
      return has_had(link, signal) ? send(link, {SIGCONT}) : send(link, {signal, SIGCONT});
    };
    // Looking for the children of every process costs more than waiting until all have ended. So we
    // ask our own children first. When they end, their children become ours, and we ask those.
    // Usually this is enough.
    const Milliseconds until = monotonic_now() + k_dying_time;
    do {
      walks.meet(children(asked), ask);
      if (has_no_child_after(k_dying_round)) return;
    } while (monotonic_now() < until);
    walks.walk_until_all_are_met(ask);
  }
  bool is_empty() override {
    const bool no_child = has_no_child();
    return (around_ == nullptr || around_->is_empty()) && no_child;
  }
  std::vector<NamedProcess> living() override {
    std::vector<NamedProcess> living = living_descendants(order_.spared);
    return living.empty() && around_ != nullptr ? around_->living() : living;
  }
  std::vector<int> news() override {
    std::vector<int> news = around_ != nullptr ? around_->news() : std::vector<int>();
    news.push_back(children_.get());
    return news;
  }
  void hear_news() override {
    hear_of_children(children_);
    if (around_ != nullptr) around_->hear_news();
  }

 private:
  // Reaps. True: nobody of the tree is left.
  bool has_no_child() { return !reap(watcher_, order_.spared); }

  // True: SIGKILL is not for all of them yet.
  bool spares() { return may_spare() && !spared_of(descendants(order_.spared)).empty(); }

  // Launchers, guards and keepers come last, because they hold locks. If nobody was asked to end,
  // they are killed with the rest: a launcher that lived on would not know that we ended its test,
  // and could start the test again.
  void kill_all() {
    const std::vector<Link> all = descendants(order_.spared);
    const std::vector<pid_t> inner = spared_of(all);
    for (const Link& link : all) {
      if (!contains(inner, link.pid)) send(link, {SIGKILL});
    }
  }

  std::vector<pid_t> spared_of(const std::vector<Link>& all) {
    if (!may_spare()) return {};
    std::vector<pid_t> inner = inner_supervisors(all);
    if (!spared_until_) {
      spared_until_ = monotonic_now() + (inner.empty() ? Milliseconds{0} : k_inner_patience);
    }
    return inner;
  }

  // A lease that is over leaves no time.
  bool may_spare() {
    return is_asked_ && watcher_.hurry_time() > Milliseconds{0} &&
           (!spared_until_ || monotonic_now() < *spared_until_);
  }

  bool has_had(const Link& link, int signal) const {
    return signal == order_.first_signal && is_of_group(link, order_.told_group);
  }

  bool has_no_child_after(Milliseconds time) {
    const Milliseconds until = monotonic_now() + time;
    while (!has_no_child()) {
      if (!wait_for(children_.get(), until)) return false;
      hear_of_children(children_);
    }
    return true;
  }

  const EndOrder& order_;
  ProcessSet* around_;  // null: there is no containment
  TreeWatcher& watcher_;
  UniqueFd children_;
  bool is_asked_ = false;
  std::optional<Milliseconds> spared_until_;
};

// Waits until a member ends, the watcher has news, or the time is over. True: the watcher hurries.
bool wait_for_news(ProcessSet& processes, TreeWatcher* watcher, Milliseconds until) {
  if (watcher != nullptr) until = std::min(until, monotonic_now() + watcher->hurry_time());
  const int hurry = watcher != nullptr ? watcher->hurry_fd() : -1;
  Wait wait({hurry}, until);
  for (const int fd : processes.news()) wait.on(fd);
  if (wait.go() > 0) processes.hear_news();
  if (watcher == nullptr) return false;
  const bool is_due = wait.news(hurry) != 0 || watcher->hurry_time().count() <= 0;
  return is_due && watcher->hurries();
}

// Returns false as soon as the processes are gone, and true when the grace is over.
bool wait_out_grace(ProcessSet& processes, const EndOrder& order, TreeWatcher& watcher) {
  if (order.grace.count() == 0) return true;
  if (order.first_signal != 0) {
    processes.ask_to_end(order.first_signal);
  } else {
    processes.signal_all(SIGCONT);
  }
  const Milliseconds until = monotonic_now() + order.grace;
  while (!processes.is_empty()) {
    if (monotonic_now() >= until || wait_for_news(processes, &watcher, until)) return true;
  }
  return false;
}

// Returns a child that waitpid(2) will tell of. 0: there is none now; -1: there is no child.
pid_t child_with_news(TreeWatcher& watcher, int news) {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL | news) != 0) return -1;
  const bool ended =
      info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED;
  if (info.si_pid > 0 && ended) watcher.on_ended(info.si_pid);
  return info.si_pid;
}

}  // namespace

Result<void> become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0) return {};
  return system_error("become the parent of orphans (PR_SET_CHILD_SUBREAPER)");
}

std::vector<NamedProcess> living_of(const std::vector<pid_t>& pids) {
  std::vector<NamedProcess> living;
  for (const pid_t pid : pids) {
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (stat && !has_ended(*stat)) living.push_back({pid, stat->name});
  }
  return living;
}

std::vector<NamedProcess> living_descendants(const Spared& spared) {
  return living_of(collected(descendants(spared), &Link::pid));
}

void signal_descendants(int signal, const Spared& spared, pid_t told_group) {
  const Spared asked = with_inner_trees(spared);
  Walks(asked).walk_until_all_are_met([&](const Link& link) {
    if (!is_of_group(link, told_group)) send(link, {signal});
  });
}

bool reap(TreeWatcher& watcher, const Spared& spared, StopNews stops) {
  const int news = stops == StopNews::wanted ? WUNTRACED | WCONTINUED : 0;
  for (int reaped = 0;; ++reaped) {
    if (reaped == k_most_reaped) {
      // This signal brings the caller back here after it has looked at everything else that it
      // waits for.
      ::kill(::getpid(), SIGCHLD);
      return true;
    }
    int status = 0;
    const pid_t pid = child_with_news(watcher, news);
    // A stop may be over before we take the news of it.
    if (pid > 0 && ::waitpid(pid, &status, WNOHANG | __WALL | news) <= 0) continue;
    if (pid > 0 && !WIFEXITED(status) && !WIFSIGNALED(status)) {
      watcher.on_stop_news(pid, status);
      continue;
    }
    if (pid > 0) {
      if (!contains(spared.children, pid)) watcher.on_reaped(pid, status);
      continue;
    }
    if (pid < 0) return false;
    return (spared.children.empty() && !spared.other_sessions) || !children(spared).empty();
  }
}

std::vector<NamedProcess> end_tree(const EndOrder& order, TreeWatcher& watcher) {
  Descendants tree(order, watcher);
  return end_processes(tree, order, watcher);
}

std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order,
                                        TreeWatcher& watcher) {
  if (!wait_out_grace(processes, order, watcher)) return {};
  const Milliseconds until = monotonic_now() + k_kill_patience;
  while (true) {
    processes.signal_all(SIGKILL);
    if (processes.is_empty()) return {};
    if (monotonic_now() >= until) return processes.living();
    wait_for_news(processes, nullptr, monotonic_now() + k_kill_round);
  }
}

std::vector<NamedProcess> end_processes(ProcessSet& processes, const EndOrder& order) {
  Unwatched nobody;
  return end_processes(processes, order, nobody);
}

}  // namespace holdfast::os
