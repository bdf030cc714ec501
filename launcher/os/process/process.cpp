#include "os/process/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/file/clock.hpp"
#include "os/log/log.hpp"

namespace holdfast::os {
namespace {

// The file has at most 52 numbers and a short name; a buffer this small needs no fresh page.
constexpr std::size_t k_longest_stat = 1024 + 256;

// Returns what is between the NULs of a file.
std::vector<std::string> parts_of(const std::string& path, std::size_t limit) {
  const Result<std::string> text = read_file(path, limit);
  if (!text) return {};
  return collected(TextParts{*text, '\0'}, [](std::string_view part) { return std::string(part); });
}

Result<ProcessStat> read_stat(const std::string& path) {
  HOLDFAST_TRY(std::string text, read_file(path, k_longest_stat));
  const std::string_view line = text;
  // The name is in parentheses. It may itself contain blanks and parentheses.
  const std::size_t begin = line.find('(') + 1;
  const std::string_view state = stat_field(line, 3);
  if (state.empty()) return Error{"read " + path + ": not in the form of proc(5)"};
  ProcessStat stat;
  stat.name = line.substr(begin, line.rfind(')') - begin);
  stat.state = state[0];
  stat.parent = stat_number<pid_t>(line, 4);
  stat.flags = stat_number<std::uint64_t>(line, 9);
  stat.threads = stat_number<unsigned>(line, 20);
  stat.start = stat_number<std::uint64_t>(line, 22);
  return stat;
}

bool is_stopped(const ProcessStat& stat) { return stat.state == 'T' || stat.state == 't'; }

bool has_stopped_thread(pid_t pid) {
  bool found = false;
  const std::string tasks = in_proc(pid, "task/");
  for_each_number(tasks, [&](pid_t task) {
    if (found) return;
    const Result<ProcessStat> stat = read_stat(tasks + std::to_string(task) + "/stat");
    found = stat && is_stopped(*stat);
  });
  return found;
}

// The process that a pidfd watches; 0: it has ended (proc(5), fdinfo of a pidfd).
pid_t watched_by(int watched) {
  const auto pid = number_in("/proc/self/fdinfo/" + std::to_string(watched), "Pid:\t");
  return static_cast<pid_t>(pid.value_or(0));
}

// No /proc/self has an entry of that name.
constexpr std::string_view k_nowhere = "/proc/self/of-another-pid-namespace/";

// The line is in the first 300 bytes of `status`, unless the user is in very many groups. So one
// read(2) is usually enough.
constexpr std::size_t k_usual_status = 512;
constexpr std::size_t k_longest_list = 1024UL * 1024UL;

// A mounted /proc has no /proc/self for us unless we are in its namespace or in one below.
bool look_at_proc() {
  const char* const path = "/proc/self/status";
  Result<std::string> status = read_file(path, k_usual_status);
  if (status && numbers_in_namespaces(*status) == 0) status = read_file(path, k_longest_list);
  return status && numbers_in_namespaces(*status) <= 1;
}

// True: the numbers in /proc are those of our PID namespace. The answer is found once per process:
// a child in a new namespace mounts its own /proc before it asks (namespaces.hpp).
bool proc_has_our_numbers() {
  static const bool ours = look_at_proc();
  return ours;
}

constexpr std::string_view k_own_children = "thread-self/children";

// Empty: it is gone.
std::string name_of(pid_t pid) { return first_line_of(in_proc(pid, "comm"), 16); }

// Appends the numbers in a file of /proc to `numbers`. False: the file cannot be read.
bool append_numbers_in(const std::string& path, std::vector<pid_t>& numbers) {
  const Result<std::string> read = read_file(path, k_longest_list);
  if (!read) return false;
  std::string_view text = *read;
  while (const std::optional<pid_t> pid = take_number<pid_t>(text)) {
    numbers.push_back(*pid);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  return true;
}

// Finds descendants by a scan of all processes, for kernels that do not list children.
std::vector<Link> scanned_descendants(const Spared& spared) {
  std::vector<Link> all;
  for_each_process([&](pid_t pid) {
    if (const Result<ProcessStat> stat = read_process_stat(pid)) all.push_back({pid, stat->parent});
  });
  std::vector<Link> found;
  std::vector<pid_t> parents{::getpid()};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    for (const Link& link : all) {
      if (link.parent != parent || spared.covers(link.pid)) continue;
      found.push_back(link);
      parents.push_back(link.pid);
    }
  }
  return found;
}

// Where the kernel put the arguments, one after the other (arg_start in proc(5)).
struct Place {
  char* begin = nullptr;
  std::size_t size = 0;
};

Place& place_of_arguments() {
  static Place place;
  return place;
}

// A caller of main() that is not the kernel may have put them anywhere.
Place place_of(char** arguments) {
  Place place{arguments[0], 0};
  for (char** word = arguments; *word != nullptr && *word == place.begin + place.size; ++word) {
    place.size += std::strlen(*word) + 1;
  }
  return place;
}

}  // namespace

Result<ProcessStat> read_process_stat(pid_t pid) { return read_stat(in_proc(pid, "stat")); }

std::string_view stat_field(std::string_view stat, unsigned field) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return {};
  std::string_view rest = stat.substr(name_end);
  for (; field > 2; --field) (void)take_part(rest, ' ');
  return take_part(rest, ' ');
}

Result<std::string> read_process_status(pid_t pid) {
  constexpr std::size_t k_longest = 64 * 1024;  // it lists groups and processors
  return read_file(in_proc(pid, "status"), k_longest);
}

bool is_being_killed(pid_t pid) {
  const Result<std::string> status = read_process_status(pid);
  return status && pends(*status, SIGKILL);
}

bool is_dying(pid_t pid) {
  constexpr std::uint64_t k_exiting = 4;  // PF_EXITING
  const Result<ProcessStat> stat = read_process_stat(pid);
  if (!stat || has_ended(*stat)) return true;
  // The flags are those of the main thread. If it has ended, they say nothing of the process.
  const bool exits = stat->state != 'Z' && (stat->flags & k_exiting) != 0;
  return exits || is_being_killed(pid);
}

bool is_stopping(pid_t pid) {
  const Result<std::string> status = read_process_status(pid);
  if (!status) return false;
  // A thread that takes the signal is stopped in the same moment. Each other thread, also the main
  // thread, is stopped when it runs next. So the threads are looked at after the signals.
  return pends(*status, SIGSTOP) || has_stopped_thread(pid);
}

ProcessName own_name() {
  const Result<ProcessStat> stat = read_process_stat(::getpid());
  return ProcessName{::getpid(), stat ? stat->start : 0};
}

std::uint64_t own_tag() {
  rlimit limit{};
  ::getrlimit(RLIMIT_LOCKS, &limit);
  return limit.rlim_cur;
}

std::string boot_id() { return first_line_of("/proc/sys/kernel/random/boot_id", 64); }

std::uint64_t own_pid_namespace() {
  const std::string own = read_link("/proc/self/ns/pid");
  return leading_number<std::uint64_t>(rest_of_line(own, "pid:[")).value_or(0);
}

std::string numbering_id() {
  std::string boot = boot_id();
  const std::uint64_t own = own_pid_namespace();
  if (boot.empty() || own == 0 || own == k_first_pid_namespace) return boot;
  return boot + "/pid:[" + std::to_string(own) + "]";
}

Result<UniqueFd> watch_process(const ProcessName& process) {
  UniqueFd watched = watch_living(process.pid);
  if (!watched.valid()) return system_error("watch process " + std::to_string(process.pid));
  // This check comes after the open, because an open descriptor never refers to another process
  // later.
  const Result<ProcessStat> stat = read_process_stat(process.pid);
  if (!stat || stat->start != process.start || has_ended(*stat)) {
    return system_error("watch process " + std::to_string(process.pid), ESRCH);
  }
  return watched;
}

std::string named_process(pid_t pid) {
  if (pid == 0) return "a process that we cannot see";
  const Result<ProcessStat> stat = read_process_stat(pid);
  if (!stat) return text_of({"pid ", std::to_string(pid)});
  return text_of({stat->name, " (pid ", std::to_string(pid), ")"});
}

std::string named_sender(SignalSource source, pid_t sender, uid_t user) {
  if (source == SignalSource::terminal) return "the terminal";
  return text_of({named_process(sender), " of user ", std::to_string(user)});
}

void log_sent(pid_t to, int signal) {
  if (to <= 0 || !logs(LogLevel::debug)) return;
  log(LogLevel::debug, {"sends ", signal_name(signal), " to ", named_process(to)});
}

bool send_signal(int watched, int signal) {
  const bool is_sent = ::syscall(SYS_pidfd_send_signal, watched, signal, nullptr, 0) == 0;
  if (is_sent && logs(LogLevel::debug)) log_sent(watched_by(watched), signal);
  return is_sent;
}

Result<UniqueFd> watch_parent(pid_t parent) {
  UniqueFd watched = watch_living(parent);
  if (!watched.valid()) return system_error("watch process " + std::to_string(parent));
  if (::getppid() != parent) return system_error("watch process " + std::to_string(parent), ESRCH);
  return watched;
}

UniqueFd watch_living(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::string_view trouble_with_watching() {
  // If only our limit of descriptors prevents it, the kernel can watch processes.
  const bool can_watch = watch_living(::getpid()).valid() || errno == EMFILE || errno == ENFILE;
  if (!can_watch) return "this kernel cannot watch processes (pidfd_open)";
  if (proc_has_our_numbers()) return {};
  if (::access("/proc/self", F_OK) != 0) return "/proc is not there for us";
  return "/proc is of another PID namespace, not of ours";
}

bool is_alive(const ProcessName& process) {
  if (!proc_has_our_numbers()) {
    // We cannot see which process has this number. So any process that has it counts.
    return watch_living(process.pid).valid() || errno != ESRCH;
  }
  const Result<ProcessStat> stat = read_process_stat(process.pid);
  return stat && stat->start == process.start && !has_ended(*stat);
}

bool has_terminal() {
  return UniqueFd(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)).valid();
}

bool is_stopped(pid_t pid) {
  const Result<ProcessStat> stat = read_process_stat(pid);
  if (!stat) return false;
  // A main thread that has ended says nothing of the others.
  return is_stopped(*stat) || (stat->state == 'Z' && has_stopped_thread(pid));
}

std::vector<std::string> command_of(pid_t pid, std::size_t limit) {
  return parts_of(in_proc(pid, "cmdline"), limit);
}

std::vector<std::string> first_environment_of(pid_t pid, std::size_t limit) {
  return parts_of(in_proc(pid, "environ"), limit);
}

std::string command_line_of(pid_t pid, std::size_t limit) {
  std::string line = separated(command_of(pid, limit), " ");
  std::ranges::replace_if(line, is_control, ' ');
  line.resize(line.find_last_not_of(' ') + 1);  // titles of processes are padded
  return line;
}

Milliseconds age_of(const ProcessName& process) {
  const auto ticks_per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const std::uint64_t started_ms = process.start * 1000 / ticks_per_second;
  return time_since_boot() - Milliseconds{static_cast<std::int64_t>(started_ms)};
}

bool is_stopped(const ProcessName& process) {
  const Result<ProcessStat> stat = read_process_stat(process.pid);
  if (!stat || stat->start != process.start) return false;
  if (is_stopped(*stat)) return true;
  for (pid_t guard : children_of(process.pid)) {
    for (pid_t test : children_of(guard)) {
      if (is_stopped(test)) return true;
    }
  }
  return false;
}

Result<std::string> own_program() {
  std::string path = read_link("/proc/self/exe");
  if (path.empty()) return system_error("read /proc/self/exe");
  return path;
}

std::string in_proc(std::string_view entry) {
  return text_of({proc_has_our_numbers() ? "/proc/" : k_nowhere, entry});
}

std::string in_proc(pid_t pid, std::string_view entry) {
  return text_of({in_proc(std::to_string(pid)), "/", entry});
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string tasks = in_proc(pid, "task/");
  const auto append = [&](pid_t task) {
    (void)append_numbers_in(tasks + std::to_string(task) + "/children", children);
  };
  // Most processes have one thread. The directory has two links of its own and one for each thread.
  struct stat info {};
  if (::stat(tasks.c_str(), &info) == 0 && info.st_nlink == 3) {
    append(pid);
  } else {
    for_each_number(tasks, append);
  }
  return children;
}

std::vector<ProcessName> ancestors_of(const ProcessName& process, std::size_t most) {
  std::vector<ProcessName> ancestors;
  walk_up(process.pid, [&](pid_t pid, const ProcessStat& stat) {
    if (pid == process.pid) return stat.start == process.start;
    ancestors.push_back({pid, stat.start});
    return ancestors.size() < most;
  });
  return ancestors;
}

bool is_below(pid_t pid, pid_t ancestor) {
  bool found = false;
  walk_up(pid, [&](pid_t, const ProcessStat& stat) {
    found = ancestor > 0 && stat.parent == ancestor;
    return !found;
  });
  return found;
}

bool Spared::covers(pid_t pid) const {
  return contains(children, pid) || (other_sessions && ::getsid(pid) != ::getsid(0)) ||
         (inner_trees && name_of(pid) == k_guard_name);
}

std::vector<pid_t> inner_supervisors(const std::vector<Link>& links) {
  std::vector<pid_t> found;
  for (const Link& link : links) {
    // Only the name decides. The harm is small: a test that calls itself a guard does not get the
    // gentle signal, and lives a second longer.
    const std::string name = name_of(link.pid);
    const bool is_guard = name == k_guard_name;
    if (is_guard || name == k_launcher_name || name == k_keeper_name || name == k_etcd_name) {
      found.push_back(link.pid);
    }
    if (is_guard && link.parent != ::getpid()) found.push_back(link.parent);
  }
  return found;
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  if (append_numbers_in(in_proc(k_own_children), children)) return children;
  for (const Link& link : scanned_descendants(Spared{})) {
    if (link.parent == ::getpid()) children.push_back(link.pid);
  }
  return children;
}

std::vector<Link> children(const Spared& spared) {
  const pid_t self = ::getpid();
  std::vector<Link> found;
  for (pid_t child : own_children()) {
    if (!spared.covers(child)) found.push_back({child, self});
  }
  return found;
}

std::vector<Link> descendants(const Spared& spared) {
  static const bool k_kernel_lists_children = ::access(in_proc(k_own_children).c_str(), R_OK) == 0;
  if (!k_kernel_lists_children) return scanned_descendants(spared);
  std::vector<Link> found = children(spared);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const pid_t parent = found[i].pid;
    for (pid_t child : children_of(parent)) {
      if (!spared.covers(child)) found.push_back({child, parent});
    }
  }
  return found;
}

char** take_arguments(char** arguments) {
  std::size_t count = 0;
  while (arguments[count] != nullptr) ++count;
  if (count > 0) place_of_arguments() = place_of(arguments);
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): whoever has a pointer into them keeps it.
  char** copies = new char*[count + 1];
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = std::strlen(arguments[i]) + 1;
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
    copies[i] = static_cast<char*>(std::memcpy(new char[size], arguments[i], size));
  }
  copies[count] = nullptr;
  return copies;
}

void set_process_title(std::string_view name, std::initializer_list<std::string_view> words) {
  ::prctl(PR_SET_NAME, std::string(name).c_str(), 0, 0, 0);
  const Place& place = place_of_arguments();
  if (place.size == 0) return;
  std::string line;
  for (const std::string_view word : words) line.append(word).push_back('\0');
  // The last byte stays NUL; otherwise ps would show the environment too.
  line.resize(place.size - 1);
  std::memcpy(place.begin, line.data(), line.size());
}

}  // namespace holdfast::os
