// How Holdfast tells processes apart: by name, by the marks of an attempt, and by where the keeper
// of a ctest listens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/names.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

namespace holdfast {

// A process by its pid and start time, so that no later process with the same pid is taken for it.
struct ProcessName {
  int pid = 0;
  std::uint64_t start = 0;  // clock ticks since boot: field 22 of /proc/<pid>/stat, proc(5)

  friend bool operator==(const ProcessName&, const ProcessName&) = default;
};

// `<pid>:<start>`, as `holdfast begin --ctest` takes it.
Result<ProcessName> parse_process_name(std::string_view text);
std::string to_text(const ProcessName& process);

// What the name of a file says that processes of several PID namespaces may have made.
struct NamespacedProcess {
  ProcessName process;
  std::optional<std::uint64_t> pid_namespace;  // none: an older version made the file

  friend bool operator==(const NamespacedProcess&, const NamespacedProcess&) = default;
};

// `<pid>-<start>-<PID namespace>`
std::string file_name_of(const ProcessName& process, std::uint64_t pid_namespace);
// Reads such a name, which a dot and other text may follow. None: `name` is not of this form.
std::optional<NamespacedProcess> parse_file_name(std::string_view name);

// Reads /proc/<pid>/status, proc_pid_status(5).

// How many numbers the `NSpid:` line has: one for each PID namespace, from that of the mounted
// /proc down to the process's own. 1: the process is in the namespace of /proc. 0: the line is
// missing or cut off; a kernel without PID namespaces has none.
unsigned numbers_in_namespaces(std::string_view status);

// Whether `signal` was sent to the process and is still pending (`ShdPnd:`). SIGKILL stays pending
// until the process is gone.
bool pends(std::string_view status, int signal);

// Two marks tell which attempt a process belongs to when its ancestry is lost. One is the attempt's
// id in the environment. The other is a number in the soft RLIMIT_LOCKS: this limit survives a
// cleared environment and has no effect on Linux (setrlimit(2): only early 2.4 kernels used it). An
// attempt with a cgroup has its name as a third.

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

// Where the keeper of a ctest listens. The path follows from that ctest alone, so nobody has to be
// told. The PID namespace is part of the path: containers that share /tmp may have ctests that have
// the same pid and began within one clock tick. The build tree is no part of the path, because a
// script goes from tree to tree.

inline std::string keeper_socket_path(std::string_view user_directory, const ProcessName& ctest,
                                      std::uint64_t pid_namespace) {
  return text_of({user_directory, "/", names::k_user_keepers_directory, "/",
                  file_name_of(ctest, pid_namespace)});
}

// A file beside the socket. A launcher that got no answer makes the file, so that the warning comes
// once per run and later tests do not wait again. The file is removed with the stale sockets.
inline std::string keeperless_flag(const std::string& socket) { return socket + ".said"; }

}  // namespace holdfast
