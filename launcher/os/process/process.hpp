// Processes that we may not be able to wait for: who they are, and whether they live.
#pragma once

#include <sys/types.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/number.hpp"
#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// From /proc/<pid>/stat, proc(5).
struct ProcessStat {
  std::string name;  // comm: at most 15 bytes
  char state = '?';
  pid_t parent = 0;
  std::uint64_t start = 0;  // clock ticks since boot
};

// Fails when there is no such process.
Result<ProcessStat> read_process_stat(pid_t pid);

// A field of a text like /proc/<pid>/stat; empty: it is missing. `field` is its number in proc(5),
// and at least 3.
std::string_view stat_field(std::string_view stat, unsigned field);
template <std::integral N>
N stat_number(std::string_view stat, unsigned field) {
  return leading_number<N>(stat_field(stat, field)).value_or(0);
}

// Whether SIGKILL is pending for it. A large process on a busy machine may take its time to die.
// ShdPnd of /proc/<pid>/status, proc(5).
bool is_being_killed(pid_t pid);

// The name of this process, which stays unique after its end.
ProcessName own_name();

// The tag of the attempt that this process is in (core/base/attempt_tag.hpp): its soft
// RLIMIT_LOCKS, which need not be a tag.
std::uint64_t own_tag();

// /proc/sys/kernel/random/boot_id; empty when it cannot be read.
std::string boot_id();

// The PID namespace of this process, as an inode (pid_namespaces(7)), which is unique while the
// namespace exists. 0 when it cannot be known.
std::uint64_t own_pid_namespace();
// That of the machine's first PID namespace: PROC_PID_INIT_INO of linux/proc_ns.h.
inline constexpr std::uint64_t k_first_pid_namespace = 4026531836;

// Names the place in which a process number means what it means here: the boot id and, except in
// the machine's first PID namespace, that namespace. A process recorded elsewhere cannot be looked
// up, and must not be taken for dead.
std::string numbering_id();

// Watches `process`: the descriptor becomes readable when it ends. Fails when it has ended, when
// the pid belongs to another process by now, or without pidfd_open(2) (Linux before 5.3, seccomp).
Result<UniqueFd> watch_process(const ProcessName& process);

// The same for a process that is known to live, such as one that has just asked us something.
// Invalid when it cannot be opened.
UniqueFd watch_living(pid_t pid);

// The same for the parent, whose pid cannot be recycled while it is the parent.
Result<UniqueFd> watch_parent(pid_t parent);

// Sends a signal by one of the descriptors above: pidfd_send_signal(2). False when the process has
// ended, or is not ours to signal.
bool send_signal(int watched, int signal);

// Why processes cannot be supervised here; empty when they can.
std::string_view trouble_with_watching();

// Whether `process` lives. A zombie counts as gone, because in a container perhaps nobody reaps it.
bool is_alive(const ProcessName& process);

// Whether this process has a controlling terminal, so perhaps a shell with job control.
bool has_terminal();

// Whether the process is stopped at this moment (job control, ptrace). False when there is none.
bool is_stopped(pid_t pid);

// The words of its command line, from the first `limit` bytes. None when it is gone or a zombie.
std::vector<std::string> command_of(pid_t pid, std::size_t limit = 64 * 1024);

// The same on one line, for messages: blanks separate the words, and characters that would control
// the reader's terminal are replaced.
std::string command_line_of(pid_t pid, std::size_t limit);

// How long ago `process` was started, whether it lives or not; exact to the clock tick.
Milliseconds age_of(const ProcessName& process);

// Whether `process` is stopped (by a signal or a debugger), or what it supervises is: for a
// launcher, its test below its guard.
bool is_stopped(const ProcessName& process);

// The path of the program that this process runs.
Result<std::string> own_program();

}  // namespace holdfast::os
