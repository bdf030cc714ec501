// What launcher and guard say to each other. Both are the same program, forked: no version, no
// encoding.
//
// Both ways packets on a socket pair; its end tells the guard that the launcher has died. The
// launcher reads reports after SIGCHLD: usually the guard's exit is the one, so that it wakes once
// per test and not once for a message and again for the exit.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace holdfast::supervision {

inline constexpr pid_t k_nobody = -1;

struct GuardOrder {
  enum class Kind : std::uint8_t {
    forward,  // `signal` to every process of the tree that has not had it
    forget,   // `signal` of a terminal: it has had its answer
    // The same with SIGCONT, unless the main process was continued since it stopped as `stop` says.
    resume,
    // Stops the launcher by SIGSTOP while the main process is stopped as `stop` says.
    stop_launcher,
    end_tree,               // `signal` first, then the grace, then SIGKILL
    end_tree_beyond_group,  // the same; our own process group has had the signal
    kill_tree,
  };
  Kind kind;
  int signal = 0;
  std::int64_t grace_ms = 0;  // with either end_tree
  std::uint32_t stop = 0;     // with resume and stop_launcher: MainStop::now
  // Who sent `signal`, where it is passed on. If the same process sent it to our whole process
  // group, it pends for the guard too, which blocks it: so the guard knows who has had it.
  pid_t sender = k_nobody;
  bool sent_from_tree = false;  // the sender is of it: what it sent to its group went to its group
};

struct ListedProcess {
  pid_t pid = 0;
  std::array<char, 16> name{};  // comm, null-terminated
};

// Whether the main process is stopped and by what, in one word: it changes with every stop.
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
    watching,    // sent when the main process stopped or went on
    main_ended,  // the main process ended, others are left
    tree_ended,  // the last word: nothing is left, or what is left stays with the guard
  };
  Stage stage = Stage::watching;
  pid_t main = 0;  // 0: it has no number that the launcher knows
  // As the main process knows itself, and when it was started: between two instants, in clock ticks
  // since boot.
  pid_t main_inside = 0;
  std::uint64_t earliest_start = 0;
  std::uint64_t latest_start = 0;
  MainStop main_stop;
  int exec_error = 0;      // errno: the command was never executed
  int entrance_error = 0;  // errno: the test ran, and was not in its cgroup
  bool main_reaped = false;
  int main_status = 0;  // as waitpid(2) gives it
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kb = 0;      // of the largest process
  std::int64_t memory_peak_kb = 0;  // of all at once; 0: nobody counted
  std::uint64_t oom_kills = 0;      // in the attempt's own cgroup, where main died of SIGKILL
  unsigned leftovers = 0;           // how many; the first k_most_listed by name
  std::array<ListedProcess, k_most_listed> leftover_list{};
  bool kept = false;       // the leftovers live on, with the guard or without it
  bool stays = false;      // the guard does, with them
  unsigned survivors = 0;  // could not be ended: uninterruptible, or another user's
  std::array<ListedProcess, k_most_listed> survivor_list{};
};

}  // namespace holdfast::supervision
