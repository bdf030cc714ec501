// Processes that are not ours to wait for: who they are, whether they still live.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Of /proc/<pid>/stat, proc(5).
struct ProcessStat {
  std::string name;  // comm: at most 15 bytes
  char state = '?';
  pid_t parent = 0;
  std::uint64_t start = 0;  // clock ticks since boot
};

// Fails when there is no such process.
Result<ProcessStat> read_process_stat(pid_t pid);

// Whether somebody has sent it SIGKILL: it may take its time to die, the larger it is and the
// busier the machine. ShdPnd of /proc/<pid>/status, proc(5).
bool is_being_killed(pid_t pid);

// This process, as others can name it for ever.
ProcessName own_name();

// The tag of the attempt that this process is in (core/base/attempt_tag.hpp), or what else its soft
// RLIMIT_LOCKS is.
std::uint64_t own_tag();

// /proc/sys/kernel/random/boot_id; empty when it cannot be read.
std::string boot_id();

// Its PID namespace, as an inode (pid_namespaces(7)): no two at one time have the same. 0 when it
// cannot be known.
std::uint64_t own_pid_namespace();

// Where a process number means what it means here: the boot id, and, in any but the machine's first
// PID namespace, which one. What was recorded elsewhere cannot be looked up, nor taken for dead.
std::string numbering_id();

// Watches `process`: the descriptor becomes readable when it ends. Fails when it has ended, when
// the pid belongs to another process by now, or without pidfd_open(2) (Linux before 5.3, seccomp).
Result<UniqueFd> watch_process(const ProcessName& process);

// The same for a process that is known to live: who has just asked us something. Invalid when it
// cannot be had.
UniqueFd watch_living(pid_t pid);

// The same for the parent, whose pid cannot be recycled while it is the parent.
Result<UniqueFd> watch_parent(pid_t parent);

// Sends a signal to whom a descriptor of those above names: pidfd_send_signal(2). False when it has
// ended, or is not ours to signal.
bool send_signal(int watched, int signal);

// Whether this kernel lets us watch processes at all. Yes when only descriptors are wanting.
bool can_watch_processes();

// Why processes cannot be looked after here; empty when they can.
std::string_view trouble_with_watching();

// Whether it lives. A zombie counts as gone: in a container nobody may reap it.
bool is_alive(const ProcessName& process);

// Whether this process has a controlling terminal, so perhaps a shell with job control around it.
bool has_terminal();

// Whether this process is stopped at this moment (job control, ptrace). False when there is none.
bool is_stopped(pid_t pid);

// Its words, as far as the first `limit` bytes go; none when it is gone or a zombie.
std::vector<std::string> command_of(pid_t pid, std::size_t limit = 64 * 1024);

// The same on one line, for people: with blanks between, and in place of what would steer the
// terminal of who reads it.
std::string command_line_of(pid_t pid, std::size_t limit);

// How long ago it was started, whether it lives or not; exact to the clock tick.
Milliseconds age_of(const ProcessName& process);

// Whether it is stopped (by a signal or a debugger), or what it supervises is: a launcher's test,
// below its guard.
bool is_stopped(const ProcessName& process);

// The path of the program that this process runs.
Result<std::string> own_program();

}  // namespace holdfast::os
