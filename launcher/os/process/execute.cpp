// Hazards. Between vfork and exec the child shares our memory and our stack. It calls only
// async-signal-safe functions, changes two ints, and leaves by exec or _exit. It closes none of our
// descriptors before exec (tagged_processes.hpp).
// Hazards. This code runs between vfork and exec, in memory that it shares with the parent. So it
// must not allocate or lock.
#include "os/process/execute.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {
namespace {

// struct clone_args of clone3(2) as of Linux 5.7; a C library need not bring <linux/sched.h>.
struct CloneArguments {
  std::uint64_t flags = 0, pidfd = 0, child_tid = 0, parent_tid = 0, exit_signal = 0, stack = 0,
                stack_size = 0, tls = 0, set_tid = 0, set_tid_size = 0, cgroup = 0;
};
constexpr std::uint64_t k_into_cgroup = 0x200000000;  // CLONE_INTO_CGROUP

// Starts the command in the cgroup by clone3(2), Linux 5.7. Joining the cgroup after the start
// would take milliseconds, for a grace period of RCU. Unlike after vfork, the child does not share
// our memory, so it tells the errno of exec by a pipe. False: the kernel does not support this, and
// nothing was started.
bool spawn_into_cgroup(const Command& command, const CallersSignals& callers, Spawned& spawned) {
  Result<Pipe> said = make_pipe();
  if (!said) return false;
  CloneArguments how;
  how.flags = k_into_cgroup;
  how.exit_signal = SIGCHLD;
  how.cgroup = static_cast<std::uint64_t>(command.cgroup);
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
  if (pid < 0) return false;
  if (pid == 0) {
    const int error = become(command, callers);
    (void)::write(said->write.get(), &error, sizeof error);
    ::_exit(127);
  }
  said->write.reset();
  spawned = {pid, 0, 0};
  (void)retried([&] { return ::read(said->read.get(), &spawned.error, sizeof spawned.error); });
  return true;
}

// True: the search goes on, because this directory has no such program (execvp(3)).
bool is_elsewhere(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE ||
         error == ENODEV || error == ETIMEDOUT;
}

// A script without `#!` goes to the shell, as in ctest. POSIX asks execvp for this; not all C
// libraries do it.
void execute_file(const char* file, char** arguments, char** environment) {
  ::execve(file, arguments, environment);
  if (errno != ENOEXEC) return;
  std::size_t count = 0;
  while (arguments[count] != nullptr) ++count;
  // The words are the shell, the file, the arguments after the first, and null. They are on the
  // stack, because nothing may be allocated.
  auto** words = static_cast<char**>(__builtin_alloca((count + 2) * sizeof(char*)));
  char shell[] = "/bin/sh";
  words[0] = shell;
  words[1] = const_cast<char*>(file);
  for (std::size_t i = 1; i <= count; ++i) words[i + 1] = arguments[i];
  ::execve(shell, words, environment);
}

}  // namespace

// Changes only the soft limit, and only if we may set it. The value is a mark, not meant as a
// limit.
void take_tag(std::uint64_t tag) {
  if (tag == 0) return;
  rlimit limit{};
  ::getrlimit(RLIMIT_LOCKS, &limit);
  limit.rlim_cur = tag;
  ::setrlimit(RLIMIT_LOCKS, &limit);
}

int become(const Command& command, const CallersSignals& callers) {
  // If Yama is active, it may allow only ancestors to trace. If it is not active, the call fails
  // and is not needed.
  if (command.debugger != 0) ::prctl(PR_SET_PTRACER, command.debugger, 0, 0, 0);
  take_tag(command.tag);
  // Never lowers our nice value: the user may have made the whole run nice.
  if (command.nice > 0 && ::getpriority(PRIO_PROCESS, 0) < command.nice) {
    (void)::setpriority(PRIO_PROCESS, 0, command.nice);
  }
  if (command.umask >= 0) ::umask(static_cast<mode_t>(command.umask));
  if (command.output >= 0) ::dup2(command.output, STDOUT_FILENO);
  if (command.errors >= 0) ::dup2(command.errors, STDERR_FILENO);
  give_back_signals(callers);
  execute(command.arguments, command.environment);
  return errno;
}

Spawned spawn(const Command& command, const CallersSignals& callers) {
  Spawned into_cgroup;
  if (command.cgroup >= 0 && spawn_into_cgroup(command, callers, into_cgroup)) return into_cgroup;
  // The child shares our memory and writes the errno of exec here, so no pipe is needed.
  volatile int error = 0;
  volatile int entrance_error = 0;
  const pid_t pid = ::vfork();
  if (pid < 0) return {-1, errno};
  if (pid == 0) {
    if (command.entrance >= 0 && ::write(command.entrance, "0", 1) < 0) {
      entrance_error = errno;
      if (command.must_enter) ::_exit(127);
    }
    error = become(command, callers);
    ::_exit(127);
  }
  return {pid, error, entrance_error};
}

void execute(char** arguments, char** environment) {
  const char* name = arguments[0];
  if (*name == '\0') {
    errno = ENOENT;
    return;
  }
  if (std::strchr(name, '/') != nullptr) return execute_file(name, arguments, environment);
  const char* path = std::getenv("PATH");
  if (path == nullptr) path = "/bin:/usr/bin";
  const std::size_t length = std::strlen(name);
  bool refused = false;
  for (const char* rest = path;; ++rest) {
    const char* end = std::strchr(rest, ':');
    if (end == nullptr) end = rest + std::strlen(rest);
    const auto directory = static_cast<std::size_t>(end - rest);
    char file[PATH_MAX];
    if (directory + 1 + length < sizeof file) {
      std::memcpy(file, rest, directory);
      // An empty element is the working directory.
      char* after = file + directory;
      if (directory > 0) *after++ = '/';
      std::memcpy(after, name, length + 1);
      execute_file(file, arguments, environment);
      if (!is_elsewhere(errno)) return;
      refused = refused || errno == EACCES;
    }
    rest = end;
    if (*rest == '\0') break;
  }
  errno = refused ? EACCES : ENOENT;
}

std::string missing_interpreter(const std::string& command) {
  // The kernel reads this much of the first line (BINPRM_BUF_SIZE).
  constexpr std::size_t k_first_line = 256;
  struct stat info {};
  if (command.find('/') == std::string::npos || ::stat(command.c_str(), &info) != 0 ||
      !S_ISREG(info.st_mode)) {
    return {};
  }
  const Result<std::string> head = read_file(command, k_first_line);
  if (!head || !head->starts_with("#!")) return {};
  const std::size_t begin = head->find_first_not_of(" \t", 2);
  if (begin == std::string::npos) return {};
  // The kernel takes a carriage return for a part of the name.
  std::string interpreter = head->substr(begin, head->find_first_of(" \t\n", begin) - begin);
  return ::access(interpreter.c_str(), F_OK) == 0 ? "" : interpreter;
}

std::string execution_error(const std::string& command, int error) {
  std::string text = to_text(system_error("execute " + command, error));
  const std::string interpreter = error == ENOENT ? missing_interpreter(command) : "";
  return interpreter.empty() ? text
                             : text + " (its interpreter " + brief(interpreter) + " is missing)";
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> entries_of(char** environment) {
  std::vector<std::string> entries;
  for (char** entry = environment; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

std::vector<std::string> own_environment() { return entries_of(::environ); }

// A directory that may be entered is no program: execvp(3) goes on to the next one, too.
bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::string find_program(std::string_view path, std::string_view name) {
  for (const std::string_view directory : TextParts{path, ':'}) {
    if (directory.empty() || directory[0] != '/') continue;
    std::string file = std::string(directory) + "/" + std::string(name);
    if (is_program(file)) return file;
  }
  return {};
}

std::string find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  return path == nullptr ? std::string() : find_program(path, name);
}

}  // namespace holdfast::os
