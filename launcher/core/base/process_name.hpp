#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/file_name.hpp"
#include "core/base/fnv1a.hpp"
#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "core/base/result.hpp"

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
// cleared environment and has no effect on Linux (setrlimit(2): only early 2.4 kernels used it).

// The number of an attempt: never 0, never RLIM_INFINITY, and above any limit that people set.
std::uint64_t tag_number(std::string_view attempt);
// Whether a limit is the number of an attempt. A process with such a limit is inside an attempt.
bool is_tag(std::uint64_t limit);

// Whether an environment, as in /proc/<pid>/environ, is that of the attempt or of one inside it.
bool environment_has_attempt(std::string_view environment, std::string_view attempt);

// The soft limit of file locks in a text like /proc/<pid>/limits; 0 when there is none.
std::uint64_t tag_in_limits(std::string_view limits);

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

// The identity of a program's file, to tell later if it is still the same.
// os/file/program_identity.hpp reads it from the file.
struct ProgramIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;        // bytes
  std::int64_t modified_ns = 0;  // since 1970
  std::string build_id = {};     // lower-case hexadecimal; empty: the file has none

  friend bool operator==(const ProgramIdentity&, const ProgramIdentity&) = default;
};

// `inode 12, 4.2 MiB, build-id 3f2a…`: for people.
std::string describe(const ProgramIdentity& program);

// What is different: `size 100 -> 120, build-id 3f2a… -> 99e1…`; empty: nothing. Another inode with
// the same content is a difference too, because the file was written anew.
std::string describe_change(const ProgramIdentity& before, const ProgramIdentity& after);

// Says how the program of an attempt differs from the program that the run first saw; empty: it is
// the same. `first` is the program when the run first saw it. `start` and `end` are the program at
// the start and the end of the attempt; none: the file was missing. `what` is "program", or "input
// /x/y.py".
std::string staleness(std::string_view what, const std::optional<ProgramIdentity>& first,
                      const std::optional<ProgramIdentity>& start,
                      const std::optional<ProgramIdentity>& end);

// Whether a file that begins so is a compiled program (elf(5)).
inline bool is_elf(std::string_view head) { return head.starts_with("\177ELF"); }

// `4.2 MiB`, `512 bytes`.
std::string describe_size(std::uint64_t bytes);

// The name of an attempt's cgroup: `holdfast-<hash of the build tree>-<attempt>`. The build tree is
// part of the name so that `holdfast reap` of one tree never touches the cgroups of another.

// The common beginning of the names for one build tree; `tree` is empty outside a build tree.
inline std::string cgroup_prefix(std::string_view tree) {
  return text_of({names::k_cgroup_prefix, std::to_string(Fnv1a().add(tree).value()), "-"});
}

inline std::string cgroup_name(std::string_view tree, std::string_view attempt) {
  return cgroup_prefix(tree) + encode_file_name(attempt);
}

}  // namespace holdfast
