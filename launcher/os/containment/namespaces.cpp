// Hazards. The child comes from a bare clone(2). After fork(2), glibc brings its own state up to
// date in the child; after clone(2) it does not. That is sound in a process that has one thread and
// takes no locks of the library. Launcher and guard are such processes.
#include "os/containment/namespaces.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cstring>

#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// Sets the first process number of the namespace. Otherwise every test would be number 2, and names
// that tests derive from their numbers (files in /tmp, ports) would collide. `outside` differs from
// attempt to attempt. We spread it over the range, so that the numbers of descendants differ too.
// False: the kernel forbids this (CONFIG_CHECKPOINT_RESTORE), and numbers start at 2, or this /proc
// cannot be written to.
bool begin_numbers_at(pid_t outside, unsigned limit) {
  constexpr unsigned k_lowest = 300;  // the kernel wraps around to this number
  if (limit <= 2 * k_lowest) return false;
  const unsigned range = limit - 2 * k_lowest;
  // Knuth's multiplicative hash puts neighbours far apart.
  const unsigned spread = static_cast<unsigned>(outside) * 2654435761U % range;
  const UniqueFd last(::openat(AT_FDCWD, "/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC));
  const std::string number = std::to_string(k_lowest + spread);
  return ::write(last.get(), number.data(), number.size()) > 0;
}

pid_t own_number_in_proc() { return leading_number<pid_t>(read_link("/proc/self")).value_or(0); }

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
  HOLDFAST_DO(put("/proc/self/uid_map", uid + " " + uid + " 1"));
  HOLDFAST_DO(put("/proc/self/setgroups", "deny"));
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

constexpr unsigned long k_get_user_namespace = 0xb701;  // NS_GET_USERNS of ioctl_ns(2)
constexpr const char* k_sys = "/sys";
// The links to all interfaces, and the only interfaces that a new network can have.
constexpr const char* k_interfaces = "/sys/class/net";
constexpr const char* k_virtual_interfaces = "/sys/devices/virtual/net";

// A network of its own has nothing but a loopback interface: network_namespaces(7).

// To be called in a new network namespace, with the rights that its first process has: raises the
// loopback interface, which gives it 127.0.0.1 and ::1.
Result<void> raise_loopback() {
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (any.valid() && ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0) return {};
  return system_error("raise the loopback interface");
}

// Makes /sys show the interfaces of our network. Where that is not allowed, it goes on showing
// those that it showed. To be called in a mount namespace of its own, with the rights that its
// first process has.
//
// A file system of /sys shows the network of the process that mounts it. We take only the
// interfaces from a new one: below /sys other file systems are mounted, cgroups among them.
void show_own_interfaces() {
  struct statvfs old {};
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  // The kernel refuses an unprivileged user a /sys that may be written to where this one may not.
  (void)::statvfs(k_sys, &old);
  if ((old.f_flag & ST_RDONLY) != 0) flags |= MS_RDONLY;
  // It stays below its own part: an unmount would wait for a grace period of RCU.
  if (::mount("sysfs", k_interfaces, "sysfs", flags, nullptr) != 0) return;
  const UniqueFd interfaces = take_mount(k_interfaces + std::string("/class/net"));
  const UniqueFd devices = take_mount(k_interfaces + std::string("/devices/virtual/net"));
  (void)put_mount(interfaces, k_interfaces);
  (void)put_mount(devices, k_virtual_interfaces);
}

}  // namespace

Result<void> Namespaces::enter_pid_namespace() {
  const pid_t outside = own_number_in_proc();
  descriptors_ =
      UniqueFd(::openat(AT_FDCWD, "/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // The kernel knows the files of the old /proc already. But that may be read-only in a container.
  const bool has_begun = begin_numbers_at(outside, greatest_number_);
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return system_error("mount the /proc of a PID namespace");
  }
  if (!has_begun) (void)begin_numbers_at(outside, greatest_number_);
  return {};
}

pid_t Namespaces::number_outside(pid_t pid) const {
  const UniqueFd process = watch_living(pid);
  const UniqueFd info(
      ::openat(descriptors_.get(), std::to_string(process.get()).c_str(), O_RDONLY | O_CLOEXEC));
  char text[512];
  const ssize_t got = retried([&] { return ::read(info.get(), text, sizeof text); });
  const std::string_view lines(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  return leading_number<pid_t>(rest_of_line(lines, "Pid:\t")).value_or(0);
}

void NamespaceProcesses::signal_all(int signal) {
  if (signal == SIGKILL) (void)send_signal(first_, SIGKILL);
}

// The pidfd is readable when the first process is a zombie. By then all others are gone.
bool NamespaceProcesses::is_empty() { return is_readable(first_); }

std::vector<NamedProcess> NamespaceProcesses::living() {
  return is_empty() ? std::vector<NamedProcess>{}
                    : std::vector<NamedProcess>{{0, "a PID namespace"}};
}

Result<void> Namespaces::may_make(Containment wanted) {
  HOLDFAST_TRY(const pid_t child, Namespaces(wanted).fork());
  if (child == 0) ::_exit(0);
  (void)retried([&] { return ::waitpid(child, nullptr, 0); });
  return {};
}

Result<pid_t> Namespaces::fork() {
  if (wanted_.has(Boundary::pidns)) {
    // In the namespace this would cost more.
    greatest_number_ = static_cast<unsigned>(number_in("/proc/sys/kernel/pid_max").value_or(0));
  }
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  HOLDFAST_TRY(Pipe answer, make_pipe());
  bool is_new_user = false;
  const pid_t child = network_ < 0 ? clone(is_new_user) : clone_in_network(answer.write.get());
  if (child < 0 && network_ < 0) return system_error("make namespaces");
  if (child == 0) {
    Result<void> settled;
    if (is_new_user) settled = enter_user_namespace(user, group);
    if (settled) settled = settle();
    if (settled) return 0;
    tell(answer.write.get(), settled.error());
    ::_exit(1);
  }
  answer.write.reset();
  const std::string trouble = read_to_end(answer.read.get());
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
  Result<Pipe> told = make_pipe();
  if (!told) {
    tell(question, told.error());
    return -1;
  }
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
    (void)::write(told->write.get(), &child, sizeof child);
    ::_exit(0);
  }
  told->write.reset();
  pid_t child = -1;
  (void)retried([&] { return ::read(told->read.get(), &child, sizeof child); });
  if (between > 0) (void)retried([&] { return ::waitpid(between, nullptr, 0); });
  return child;
}

// The /proc comes last: it is mounted over the one that names our number outside.
Result<void> Namespaces::settle() {
  // A later mount outside is visible inside. A mount inside is not visible outside.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return system_error("keep mounts apart");
  }
  HOLDFAST_DO(tmp_.enter());
  if (wanted_.has(Boundary::netns)) {
    // A network that others have too has been raised by whoever made it.
    if (network_ < 0) HOLDFAST_DO(raise_loopback());
    show_own_interfaces();
  }
  return wanted_.has(Boundary::pidns) ? enter_pid_namespace() : Result<void>();
}

Result<void> join_network(int network) {
  const UniqueFd owner(::ioctl(network, k_get_user_namespace));
  struct stat theirs {};
  struct stat ours {};
  if (!owner.valid() || ::fstat(owner.get(), &theirs) != 0) {
    return system_error("find the user namespace of a network");
  }
  const bool is_ours = ::stat("/proc/self/ns/user", &ours) == 0 && ours.st_ino == theirs.st_ino;
  if (!is_ours && ::setns(owner.get(), CLONE_NEWUSER) != 0) {
    return system_error("join the user namespace of a network");
  }
  if (::setns(network, CLONE_NEWNET) != 0) return system_error("join a network");
  return {};
}

}  // namespace holdfast::os
