// Two marks tell which attempt a process belongs to when its ancestry is lost. One is the attempt's
// id in the environment. The other is a number in the soft RLIMIT_LOCKS: this limit survives a
// cleared environment and has no effect on Linux (setrlimit(2): only early 2.4 kernels used it). An
// attempt with a cgroup has its name as a third.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

// The number of an attempt: never 0, never RLIM_INFINITY, and above any limit that people set.
std::uint64_t tag_number(std::string_view attempt);
// Whether a limit is the number of an attempt. A process with such a limit is inside an attempt.
bool is_tag(std::uint64_t limit);

// Whether an environment, as in /proc/<pid>/environ, is that of the attempt or of one inside it.
bool environment_has_attempt(std::string_view environment, std::string_view attempt);

// The soft limit of file locks in a text like /proc/<pid>/limits; 0 when there is none.
std::uint64_t tag_in_limits(std::string_view limits);

// The name of an attempt's cgroup: `holdfast-<hash of the build tree>-<attempt>`. The build tree is
// part of the name so that `holdfast reap` of one tree never touches the cgroups of another.
std::string cgroup_name(std::string_view tree, std::string_view attempt);
// The common beginning of the names for one build tree; `tree` is empty outside a build tree.
std::string cgroup_prefix(std::string_view tree);

}  // namespace holdfast
