// Who is below this process, by what /proc says at one moment.
#pragma once

#include <sys/types.h>

#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::os {

// The names of launchers, guards and keepers (prctl(2), PR_SET_NAME: at most 15 bytes). A test has
// its own.
inline constexpr std::string_view k_launcher_name = "holdfast-launch";
inline constexpr std::string_view k_guard_name = "holdfast-guard";
inline constexpr std::string_view k_keeper_name = "holdfast keeper";

// Who is below this process and not of the tree that is meant. Converts from the children alone.
struct Spared {
  Spared() = default;
  Spared(std::vector<pid_t> some, bool others = false)  // NOLINT(google-explicit-constructor)
      : children(std::move(some)), other_sessions(others) {}

  bool covers(pid_t pid) const;

  std::vector<pid_t> children;  // and whoever is below them
  bool other_sessions = false;  // whoever has called setsid(2), and whoever is below it
  // The guards of launchers that run in the tree, and whoever is below them: each launcher passes
  // on to its own tree what it gets itself.
  bool inner_trees = false;
};

struct Link {
  pid_t pid;
  pid_t parent;
};

// Children of this thread, living or not yet reaped.
std::vector<pid_t> own_children();

// The same, but those that are spared.
std::vector<Link> children(const Spared& spared);

// All descendants, zombies too, but those that are spared. A process whose parent
// is just ending may be missed.
std::vector<Link> descendants(const Spared& spared);

// Those among them who look after trees of their own: launchers, guards, the parents of guards
// (`holdfast run`), keepers. A launcher outlives its guard: it records how its test ended.
std::vector<pid_t> inner_supervisors(const std::vector<Link>& links);

bool contains(const std::vector<pid_t>& pids, pid_t pid);

}  // namespace holdfast::os
