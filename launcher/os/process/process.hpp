// Finds out who a process is and whether it lives. The process need not be our child.
#pragma once

#include <dirent.h>
#include <sys/types.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "values/outcome.hpp"

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
// (base/process_name.hpp); elsewhere it is any limit.
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
std::vector<std::string> first_environment_of(pid_t pid, std::size_t limit = 4UL << 20);

// Returns how long ago `process` was started, exact to the clock tick. The process may be dead.
Milliseconds age_of(const ProcessName& process);

// True: `process` is stopped (by a signal or a debugger). A launcher also counts as stopped if its
// test, the child of its guard, is stopped.
bool is_stopped(const ProcessName& process);

// Returns the path of the program that this process runs.
Result<std::string> own_program();

// The one place that makes paths with process numbers in /proc. A mounted /proc shows the numbers
// of the PID namespace for which it was mounted. That need not be our namespace (`unshare --pid
// --fork` without --mount-proc). Then number 12 in /proc is another process than the number 12 that
// kill(2) reaches. So all paths in /proc that contain a process number, or lead to a file of such
// numbers, are made here. They lead nowhere when the numbers are not ours. /proc/self,
// /proc/meminfo and the like name no process and need not come here.

// Returns `/proc/<entry>`; if the numbers are not ours, a path at which nothing can exist.
std::string in_proc(std::string_view entry);
// Returns the same for one process: `/proc/<pid>/<entry>`.
std::string in_proc(pid_t pid, std::string_view entry);

// Returns the children of a process as /proc lists them, including zombies. None if /proc has no
// such list (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid);

// Calls `visit` with each number that is a name in `directory`. A directory that cannot be read
// counts as empty.
template <typename Visit>
void for_each_number(const std::string& directory, Visit visit) {
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    if (const std::optional<int> number = parse_number<int>(entry->d_name)) visit(*number);
  }
  ::closedir(entries);
}

// Calls `visit` with each process number. /proc lists the numbers one after the other, not at one
// moment.
template <typename Visit>
void for_each_process(Visit visit) {
  for_each_number(in_proc(""), visit);
}

// The ancestors of a process, up to the first process of its PID namespace.

// Bounds the walk. If a number is given to another process meanwhile, the walk could be a circle.
inline constexpr int k_most_above = 4096;

// Calls `look(pid, stat)` for `first`, then for its parent, and so on upward, until `look` returns
// false or no process can be seen.
template <typename Look>
void walk_up(pid_t first, Look look) {
  pid_t pid = first;
  for (int depth = 0; pid > 0 && depth < k_most_above; ++depth) {
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (!stat || !look(pid, *stat)) return;
    pid = stat->parent;
  }
}

// Returns the nearest `most` ancestors of a process, the nearest first. None: the process has ended
// or is in another PID namespace.
std::vector<ProcessName> ancestors_of(const ProcessName& process,
                                      std::size_t most = std::numeric_limits<std::size_t>::max());

// True: `pid` is a descendant of `ancestor`. False if `pid` has ended and was reaped.
bool is_below(pid_t pid, pid_t ancestor);

// The descendants of this process, as /proc shows them at one moment.

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

// What ps and pgrep show of this process: its name and its command line.

// Copies the arguments of main(), which the copies replace: they are never freed. To be called
// once, before anything points into the arguments. Afterwards set_process_title() may write over
// the originals, which is what the kernel shows as the command line.
char** take_arguments(char** arguments);

// Makes `words` the command line, cut to the length of the original one. Makes `name` the name, cut
// to 15 bytes. Before take_arguments() only the name changes.
void set_process_title(std::string_view name, std::initializer_list<std::string_view> words);

}  // namespace holdfast::os
