// Hazards. The child comes from a bare clone(2). After fork(2), glibc brings its own state up to
// date in the child; after clone(2) it does not. That is sound in a process that has one thread and
// takes no locks of the library. Launcher and guard are such processes.
#include "os/containment/pid_namespace.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>

#include "core/base/number.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// Forks into new namespaces.
pid_t clone_into(int namespaces) {
  return static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
}

Result<void> put(const char* path, const std::string& text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return system_error(std::string("open ") + path);
  if (::write(file.get(), text.data(), text.size()) < 0) {
    return system_error(std::string("write ") + path);
  }
  return {};
}

// Maps one user and one group to themselves. An unprivileged process may map no more
// (user_namespaces(7)).
Result<void> stay_who_we_are(uid_t user, gid_t group) {
  const std::string uid = std::to_string(user);
  const std::string gid = std::to_string(group);
  if (Result<void> mapped = put("/proc/self/uid_map", uid + " " + uid + " 1"); !mapped) {
    return mapped;
  }
  if (Result<void> denied = put("/proc/self/setgroups", "deny"); !denied) return denied;
  return put("/proc/self/gid_map", gid + " " + gid + " 1");
}

// Sets the first process number of the namespace. Otherwise every test would be number 2, and names
// that tests derive from their numbers (files in /tmp, ports) would collide. `outside` differs from
// attempt to attempt. We spread it over the range, so that the numbers of descendants differ too.
// If the kernel forbids this (CONFIG_CHECKPOINT_RESTORE), numbers start at 2.
void begin_numbers_at(pid_t outside) {
  constexpr unsigned k_lowest = 300;  // the kernel wraps around to this number
  const Result<std::string> most = read_file("/proc/sys/kernel/pid_max", 32);
  const unsigned limit = most ? leading_number<unsigned>(*most).value_or(0) : 0;
  if (limit <= 2 * k_lowest) return;
  const unsigned range = limit - 2 * k_lowest;
  // Knuth's multiplicative hash puts neighbours far apart.
  const unsigned spread = static_cast<unsigned>(outside) * 2654435761U % range;
  (void)put("/proc/sys/kernel/ns_last_pid", std::to_string(k_lowest + spread));
}

pid_t own_number_in_proc() {
  char text[32];
  const ssize_t length = ::readlink("/proc/self", text, sizeof text);
  if (length <= 0) return 0;
  return leading_number<pid_t>({text, static_cast<std::size_t>(length)}).value_or(0);
}

// Returns what the child said before it gave up; empty: the child has settled, or is dead.
std::string read_to_end(int pipe) {
  char text[256];
  const ssize_t got = retried([&] { return ::read(pipe, text, sizeof text); });
  return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : std::string{};
}

}  // namespace

Result<void> PidNamespace::may_make() {
  const Result<pid_t> child = PidNamespace().fork();
  if (!child) return child.error();
  if (*child == 0) ::_exit(0);
  (void)retried([&] { return ::waitpid(*child, nullptr, 0); });
  return {};
}

Result<pid_t> PidNamespace::fork() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe");
  const UniqueFd answer(ends[0]);
  UniqueFd question(ends[1]);
  constexpr int k_namespaces = CLONE_NEWPID | CLONE_NEWNS;
  UserNamespace user_namespace = UserNamespace::ours;
  pid_t child = clone_into(k_namespaces);
  if (child < 0 && errno == EPERM) {
    user_namespace = UserNamespace::made_too;
    child = clone_into(k_namespaces | CLONE_NEWUSER);
  }
  if (child < 0) return system_error("make a PID namespace");
  if (child == 0) {
    if (const Result<void> settled = settle(user_namespace, user, group); !settled) {
      const std::string trouble = to_text(settled.error());
      (void)::write(question.get(), trouble.data(), trouble.size());
      ::_exit(1);
    }
    return 0;
  }
  question.reset();
  const std::string trouble = read_to_end(answer.get());
  if (trouble.empty()) return child;
  (void)retried([&] { return ::waitpid(child, nullptr, 0); });
  return ErrorInWords{trouble};
}

Result<void> PidNamespace::settle(UserNamespace user_namespace, uid_t user, gid_t group) {
  if (user_namespace == UserNamespace::made_too) {
    if (Result<void> mapped = stay_who_we_are(user, group); !mapped) return mapped;
  }
  const pid_t outside = own_number_in_proc();
  descriptors_ = UniqueFd(::open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A later mount outside is visible inside. A mount inside is not visible outside.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return system_error("keep mounts apart");
  }
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return system_error("mount the /proc of a PID namespace");
  }
  begin_numbers_at(outside);
  return {};
}

pid_t PidNamespace::number_outside(pid_t pid) const {
  const UniqueFd process = watch_living(pid);
  if (!process.valid()) return 0;
  const UniqueFd info(
      ::openat(descriptors_.get(), std::to_string(process.get()).c_str(), O_RDONLY | O_CLOEXEC));
  char text[512];
  const ssize_t got = retried([&] { return ::read(info.get(), text, sizeof text); });
  const std::string_view lines(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  constexpr std::string_view k_label = "Pid:\t";
  const std::size_t at = lines.find(k_label);
  if (at == std::string_view::npos) return 0;
  return leading_number<pid_t>(lines.substr(at + k_label.size())).value_or(0);
}

void NamespaceProcesses::signal_all(int signal) {
  if (signal == SIGKILL) (void)send_signal(first_, SIGKILL);
}

// The pidfd is readable when the first process is a zombie. By then all others are gone.
bool NamespaceProcesses::is_empty() {
  pollfd ended{first_, POLLIN, 0};
  return retried([&] { return ::poll(&ended, 1, 0); }) > 0;
}

std::vector<NamedProcess> NamespaceProcesses::living() {
  return is_empty() ? std::vector<NamedProcess>{}
                    : std::vector<NamedProcess>{{0, "a PID namespace"}};
}

}  // namespace holdfast::os
