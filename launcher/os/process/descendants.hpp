// The descendants of this process, as /proc shows them at one moment.
#pragma once

#include <sys/types.h>

#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::os {

// The names of launchers, guards, keepers and holdfast-etcd (prctl(2), PR_SET_NAME: at most 15
// bytes). Tests have other names.
inline constexpr std::string_view k_launcher_name = "holdfast-launch";
inline constexpr std::string_view k_guard_name = "holdfast-guard";
inline constexpr std::string_view k_keeper_name = "holdfast keeper";
inline constexpr std::string_view k_etcd_name = "holdfast-etcd";

// The first words of the command lines of launchers and guards; the attempt's id follows. Nothing
// else is there: a name of a test or of its program would make them look like the test.
inline constexpr std::string_view k_launcher_title = "holdfast-launcher";
inline constexpr std::string_view k_guard_title = "holdfast-guard";

// Says which descendants do not belong to the tree in question. A list of children converts to this
// type.
struct Spared {
  Spared() = default;
  Spared(std::vector<pid_t> some, bool others = false)  // NOLINT(google-explicit-constructor)
      : children(std::move(some)), other_sessions(others) {}

  bool covers(pid_t pid) const;

  std::vector<pid_t> children;  // these children, and their descendants
  bool other_sessions = false;  // processes that called setsid(2), and their descendants
  // The guards of launchers that run in the tree, and the descendants of these guards. Such a
  // launcher itself signals its own tree.
  bool inner_trees = false;
};

struct Link {
  pid_t pid;
  pid_t parent;
};

// Returns the children of this thread, living or not yet reaped.
std::vector<pid_t> own_children();

// Returns the children that are not spared.
std::vector<Link> children(const Spared& spared);

// Returns all descendants that are not spared, including zombies. May miss a process whose parent
// is just ending.
std::vector<Link> descendants(const Spared& spared);

// Returns the processes in `links` that look after trees of their own: launchers, guards, the
// parents of guards (`holdfast run`), keepers. A launcher outlives its guard, because it records
// how its test ended.
std::vector<pid_t> inner_supervisors(const std::vector<Link>& links);

bool contains(const std::vector<pid_t>& pids, pid_t pid);

}  // namespace holdfast::os
