// What launcher and guard say to each other. Both are the same program, forked, so there is no
// version and no encoding.
//
// Packets go both ways on a socket pair. A hang-up tells the guard that the launcher has died. The
// launcher reads reports after SIGCHLD, which usually means that the guard has exited. So the
// launcher wakes once per test, and not a second time for a message.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/duration.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::supervision {

// A child that is just ending when the main process ends (a helper that reads the end of a pipe) is
// no leak. Only a test that leaves something behind waits this long.
inline constexpr Milliseconds k_leak_patience{100};

inline constexpr pid_t k_nobody = -1;

struct GuardOrder {
  enum class Kind : std::uint8_t {
    forward,  // sends `signal` to each process of the tree that has not had it
    forget,   // drops a terminal's `signal`, which was answered already
    // Forwards SIGCONT, unless the main process was continued since the stop that `stop` names.
    resume,
    // Stops the launcher by SIGSTOP, unless the main process was continued since the stop that
    // `stop` names.
    stop_launcher,
    end_tree,               // sends `signal`, waits for the grace, sends SIGKILL
    end_tree_beyond_group,  // the same, but our process group has already received `signal`
    kill_tree,
  };
  Kind kind;
  int signal = 0;
  std::int64_t grace_ms = 0;  // with either end_tree
  std::uint32_t stop = 0;     // with resume and stop_launcher: MainStop::now
  // The process that sent `signal`, which the launcher passes on. If the sender signalled our whole
  // process group, the signal is also pending for the guard. That tells the guard that the whole
  // group has received it.
  pid_t sender = k_nobody;
  bool sent_from_tree = false;  // the sender is in the tree, and so is the group that it signalled
};

struct ListedProcess {
  pid_t pid = 0;
  std::array<char, 16> name{};  // comm, null-terminated
};

// Whether the main process is stopped, and by which signal. `now` changes with every stop.
struct MainStop {
  std::uint32_t now = 0;

  int signal() const { return static_cast<int>(now & 0xffU); }  // 0: it is not stopped
  MainStop stopped_by(int signal) const {
    return {((now & ~0xffU) + 0x100U) | static_cast<std::uint32_t>(signal)};
  }
  MainStop continued() const { return {now & ~0xffU}; }
};

inline constexpr std::size_t k_most_listed = 16;

struct GuardReport {
  enum class Stage : std::uint8_t {
    watching,    // the main process stopped or continued
    main_ended,  // the main process ended, others are left
    tree_ended,  // the last report: nothing is left, or the guard keeps what is left
  };
  Stage stage = Stage::watching;
  pid_t main = 0;  // 0: the launcher knows no number for it
  // The number by which the main process knows itself. The process was started between the two
  // times, which are in clock ticks since boot.
  pid_t main_inside = 0;
  std::uint64_t earliest_start = 0;
  std::uint64_t latest_start = 0;
  MainStop main_stop;
  int exec_error = 0;      // errno: the command was never executed
  int entrance_error = 0;  // errno: the test ran, but not in its cgroup
  bool main_reaped = false;
  int main_status = 0;          // as waitpid(2) gives it
  bool rights_changed = false;  // with AttemptPlan::rights_file: it had other rights when it ended
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kb = 0;      // of the largest process
  std::int64_t memory_peak_kb = 0;  // of all at once; 0: nobody counted
  std::uint64_t oom_kills = 0;      // in the attempt's own cgroup, if main died of SIGKILL
  unsigned leftovers = 0;           // how many; the list has the first k_most_listed
  std::array<ListedProcess, k_most_listed> leftover_list{};
  bool kept = false;        // the leftovers live on, with or without the guard
  bool stays = false;       // the guard lives on with them
  bool lease_over = false;  // the guard ended the tree by itself: a lease of locks was over
  // When the tree was to be ended: a child of the guard that was not started by it, so an orphan of
  // the test's. Without a guard its parent would be process 1. Pid 0: there was none.
  ListedProcess orphan;
  unsigned survivors = 0;  // how many could not be ended: uninterruptible, or another user's
  std::array<ListedProcess, k_most_listed> survivor_list{};
};

// Puts the first of `processes` into `list`. Returns the number of all `processes`.
unsigned list_processes(const std::vector<os::NamedProcess>& processes,
                        std::array<ListedProcess, k_most_listed>& list);

// Adds the resources that all processes reaped so far have used.
void add_usage(GuardReport& report);

}  // namespace holdfast::supervision
