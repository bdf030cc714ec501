// Finds out who a process is and whether it lives. The process need not be our child.
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
#include "core/outcome/supervision.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// From /proc/<pid>/stat, proc(5).
struct ProcessStat {
  std::string name;  // comm: at most 15 bytes
  char state = '?';
  pid_t parent = 0;
  std::uint64_t flags = 0;  // of the main thread: PF_… of the kernel's linux/sched.h
  unsigned threads = 0;
  std::uint64_t start = 0;  // clock ticks since boot
};

// A zombie has ended. But if a main thread ends and other threads live, /proc shows the process as
// a zombie too: then it has more than one thread.
inline bool has_ended(const ProcessStat& stat) {
  return stat.state == 'X' || (stat.state == 'Z' && stat.threads <= 1);
}

// Fails if there is no such process.
Result<ProcessStat> read_process_stat(pid_t pid);

// The text of /proc/<pid>/status. Fails if there is no such process.
Result<std::string> read_process_status(pid_t pid);

// Returns one field of a text like /proc/<pid>/stat; empty: the field is missing. `field` is the
// field's number in proc(5), at least 3.
std::string_view stat_field(std::string_view stat, unsigned field);
template <std::integral N>
N stat_number(std::string_view stat, unsigned field) {
  return leading_number<N>(stat_field(stat, field)).value_or(0);
}

// True: SIGKILL is pending for the process. A large process on a busy machine takes long to die.
// Reads ShdPnd of /proc/<pid>/status, proc(5).
bool is_being_killed(pid_t pid);

// True: SIGKILL is pending for the process, it is exiting, or it has ended. Its sockets may be
// there a little longer. Reads field 9 of /proc/<pid>/stat (PF_EXITING) as well, proc(5).
bool is_dying(pid_t pid);

// True: the process is stopped, or SIGSTOP was just sent to it: kill(2) returns before the process
// stops. Reads ShdPnd of /proc/<pid>/status and the states of its threads, proc(5).
bool is_stopping(pid_t pid);

// Returns the name of this process. No other process ever has the same name.
ProcessName own_name();

// Returns the soft RLIMIT_LOCKS of this process. Inside an attempt it is the attempt's tag
// (core/base/attempt_tag.hpp); elsewhere it is any limit.
std::uint64_t own_tag();

// Returns /proc/sys/kernel/random/boot_id; empty: it cannot be read.
std::string boot_id();

// Returns the inode of this process's PID namespace (pid_namespaces(7)). It is unique while the
// namespace exists. 0: it cannot be known.
std::uint64_t own_pid_namespace();
// The inode of the machine's first PID namespace: PROC_PID_INIT_INO of linux/proc_ns.h.
inline constexpr std::uint64_t k_first_pid_namespace = 4026531836;

// Names the numbering that our process numbers belong to: the boot id and the PID namespace. The
// machine's first PID namespace is left out of the name. A process number of another numbering
// cannot be looked up here. That does not mean that its process is dead.
std::string numbering_id();
// Returns the boot id in such a name.
inline std::string_view boot_in(std::string_view numbering) {
  return numbering.substr(0, numbering.find('/'));
}

// Watches `process`: the returned descriptor becomes readable when the process ends. Fails if the
// process has ended, if its pid belongs to another process by now, or if pidfd_open(2) is missing
// (Linux before 5.3, seccomp).
Result<UniqueFd> watch_process(const ProcessName& process);

// Watches a process that is known to live, such as one that has just asked us something. The
// descriptor is invalid if it cannot be opened.
UniqueFd watch_living(pid_t pid);

// Watches our parent. No other process can get its pid while it is our parent.
Result<UniqueFd> watch_parent(pid_t parent);

// `make (pid 77)`: a process for people; `pid 77` if it has ended, `a process that we cannot see`
// for 0, the number of one outside of our PID namespace.
std::string named_process(pid_t pid);

// The sender of a signal, for people: `bash (pid 77) of user 1000`, or `the terminal`.
std::string named_sender(SignalSource source, pid_t sender, uid_t user);

// Logs that this process sends a signal to another one.
void log_sent(pid_t to, int signal);

// Sends `signal` to the process that the descriptor `watched` watches, by pidfd_send_signal(2).
// False: the process has ended, or we may not signal it.
bool send_signal(int watched, int signal);

// Returns why processes cannot be supervised here; empty: they can.
std::string_view trouble_with_watching();

// True: `process` lives. A zombie counts as dead, because in a container perhaps nobody reaps it.
bool is_alive(const ProcessName& process);

// True: this process has a controlling terminal, so a shell may control it as a job.
bool has_terminal();

// True: the process is stopped at this moment (job control, ptrace). False if there is no such
// process.
bool is_stopped(pid_t pid);

// Returns the words in the first `limit` bytes of a process's command line. None: the process is
// gone or a zombie.
std::vector<std::string> command_of(pid_t pid, std::size_t limit = 64 * 1024);

// Returns the same words on one line, for messages. Blanks separate the words, and replace
// characters that would control the reader's terminal.
std::string command_line_of(pid_t pid, std::size_t limit);

// Returns the variables with which a process was started, as `NAME=VALUE`. None: the process is
// gone, or may not be looked at.
std::vector<std::string> first_environment_of(pid_t pid, std::size_t limit);

// Returns how long ago `process` was started, exact to the clock tick. The process may be dead.
Milliseconds age_of(const ProcessName& process);

// True: `process` is stopped (by a signal or a debugger). A launcher also counts as stopped if its
// test, the child of its guard, is stopped.
bool is_stopped(const ProcessName& process);

// Returns the path of the program that this process runs.
Result<std::string> own_program();

}  // namespace holdfast::os
