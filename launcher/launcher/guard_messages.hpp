// What launcher and guard say to each other: fixed-size packets over their socket pair. Both are
// the same program, forked: no version, no encoding.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace holdfast::launcher {

struct GuardOrder {
  enum class Kind : std::uint8_t {
    forward,   // `signal` to every process of the tree
    end_tree,  // `signal` first (0: they have had it), then the grace, then SIGKILL
    kill_tree,
  };
  Kind kind;
  int signal = 0;
};

struct ListedProcess {
  pid_t pid = 0;
  std::array<char, 16> name{};  // comm, null-terminated
};

inline constexpr std::size_t k_most_listed = 16;

struct GuardReport {
  enum class Kind : std::uint8_t {
    main_ended,  // the main process ended, others are left
    tree_ended,  // the last message: nothing is left, or what is left stays with the guard
  };
  Kind kind = Kind::tree_ended;
  int exec_error = 0;  // errno: the command was never executed
  bool main_reaped = false;
  int main_status = 0;  // as waitpid(2) gives it
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;
  std::int64_t max_rss_kb = 0;  // of the largest process
  unsigned leftovers = 0;       // how many; the first k_most_listed by name
  std::array<ListedProcess, k_most_listed> leftover_list{};
  bool kept = false;       // the leftovers live on, with the guard or without it
  unsigned survivors = 0;  // could not be ended: uninterruptible, or another user's
  std::array<ListedProcess, k_most_listed> survivor_list{};
};

}  // namespace holdfast::launcher
