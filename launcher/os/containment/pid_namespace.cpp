#include "os/containment/pid_namespace.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "core/base/number.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
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

pid_t own_number_in_proc() {
  char text[32];
  const ssize_t length = ::readlink("/proc/self", text, sizeof text);
  if (length <= 0) return 0;
  return leading_number<pid_t>({text, static_cast<std::size_t>(length)}).value_or(0);
}

}  // namespace

void PidNamespace::prepare() {
  const Result<std::string> most = read_file("/proc/sys/kernel/pid_max", 32);
  greatest_number_ = most ? leading_number<unsigned>(*most).value_or(0) : 0;
}

Result<void> PidNamespace::enter() {
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
