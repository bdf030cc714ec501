// Hazards. The child comes from a bare clone(2). After fork(2), glibc brings its own state up to
// date in the child; after clone(2) it does not. That is sound in a process that has one thread and
// takes no locks of the library. Launcher and guard are such processes.
#include "os/containment/namespaces.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "core/base/result.hpp"
#include "os/containment/network_namespace.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {
namespace {

// A user namespace, in which an unprivileged process may make other namespaces. See
// user_namespaces(7).

Result<void> put(const char* path, const std::string& text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return system_error(std::string("open ") + path);
  if (::write(file.get(), text.data(), text.size()) < 0) {
    return system_error(std::string("write ") + path);
  }
  return {};
}

// To be called in the first process of the namespace. `user` and `group`: who this process was
// outside, and stays. Nobody else exists in the namespace.
// An unprivileged process may map no more than one user and one group.
Result<void> enter_user_namespace(uid_t user, gid_t group) {
  const std::string uid = std::to_string(user);
  const std::string gid = std::to_string(group);
  if (Result<void> mapped = put("/proc/self/uid_map", uid + " " + uid + " 1"); !mapped) {
    return mapped;
  }
  if (Result<void> denied = put("/proc/self/setgroups", "deny"); !denied) return denied;
  return put("/proc/self/gid_map", gid + " " + gid + " 1");
}

// Forks into new namespaces.
pid_t clone_into(unsigned long namespaces) {
  return static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
}

// Each of them shows something at a path, so each needs mounts that nobody else sees.
unsigned long flags_of(Containment wanted) {
  unsigned long flags = CLONE_NEWNS;
  if (wanted.has(Boundary::pidns)) flags |= CLONE_NEWPID;
  if (wanted.has(Boundary::netns)) flags |= CLONE_NEWNET;
  return flags;
}

// Returns what the child said before it gave up; empty: the child has settled, or is dead.
std::string read_to_end(int pipe) {
  char text[256];
  const ssize_t got = retried([&] { return ::read(pipe, text, sizeof text); });
  return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : std::string{};
}

void tell(int question, const Error& error) {
  const std::string text = to_text(error);
  (void)::write(question, text.data(), text.size());
}

}  // namespace

Result<void> Namespaces::may_make(Containment wanted) {
  const Result<pid_t> child = Namespaces(wanted).fork();
  if (!child) return child.error();
  if (*child == 0) ::_exit(0);
  (void)retried([&] { return ::waitpid(*child, nullptr, 0); });
  return {};
}

Result<pid_t> Namespaces::fork() {
  if (wanted_.has(Boundary::pidns)) pids_.prepare();
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe");
  const UniqueFd answer(ends[0]);
  UniqueFd question(ends[1]);
  bool is_new_user = false;
  const pid_t child = network_ < 0 ? clone(is_new_user) : clone_in_network(question.get());
  if (child < 0 && network_ < 0) return system_error("make namespaces");
  if (child == 0) {
    Result<void> settled;
    if (is_new_user) settled = enter_user_namespace(user, group);
    if (settled) settled = settle();
    if (settled) return 0;
    tell(question.get(), settled.error());
    ::_exit(1);
  }
  question.reset();
  const std::string trouble = read_to_end(answer.get());
  if (child > 0 && trouble.empty()) return child;
  if (child > 0) (void)retried([&] { return ::waitpid(child, nullptr, 0); });
  return trouble.empty() ? Error{"start a process in another network"} : ErrorInWords{trouble};
}

pid_t Namespaces::clone(bool& is_new_user) {
  const pid_t child = clone_into(flags_of(wanted_));
  if (child >= 0 || errno != EPERM) return child;
  is_new_user = true;
  return clone_into(flags_of(wanted_) | CLONE_NEWUSER);
}

// We cannot join the network ourselves: nobody leaves a user namespace again. So a process between
// us joins it, and starts the child as ours. Returns -1 if that failed; `question` has told why.
pid_t Namespaces::clone_in_network(int question) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    tell(question, system_error("make a pipe"));
    return -1;
  }
  const UniqueFd told(ends[0]);
  UniqueFd telling(ends[1]);
  const pid_t between = ::fork();
  if (between < 0) tell(question, system_error("start a process"));
  if (between == 0) {
    pid_t child = -1;
    if (const Result<void> joined = join_network(network_); joined) {
      child = clone_into((flags_of(wanted_) & ~CLONE_NEWNET) | CLONE_PARENT);
      if (child == 0) return 0;
      if (child < 0) tell(question, system_error("make namespaces"));
    } else {
      tell(question, joined.error());
    }
    (void)::write(telling.get(), &child, sizeof child);
    ::_exit(0);
  }
  telling.reset();
  pid_t child = -1;
  (void)retried([&] { return ::read(told.get(), &child, sizeof child); });
  if (between > 0) (void)retried([&] { return ::waitpid(between, nullptr, 0); });
  return child;
}

// The /proc comes last: it is mounted over the one that names our number outside.
Result<void> Namespaces::settle() {
  // A later mount outside is visible inside. A mount inside is not visible outside.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return system_error("keep mounts apart");
  }
  if (Result<void> entered = tmp_.enter(); !entered) return entered;
  if (wanted_.has(Boundary::netns)) {
    // A network that others have too has been raised by whoever made it.
    if (network_ < 0) {
      if (Result<void> raised = raise_loopback(); !raised) return raised;
    }
    show_own_interfaces();
  }
  return wanted_.has(Boundary::pidns) ? pids_.enter() : Result<void>();
}

}  // namespace holdfast::os
