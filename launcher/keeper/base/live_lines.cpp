#include "keeper/base/live_lines.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "os/file/clock.hpp"
#include "os/file/system_call.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// A terminal accepts nothing (no POLLOUT, or EAGAIN after it) while another process writes to it,
// such as a shell that prints its prompt right after Ctrl-C. Such a write takes a moment. A
// terminal that Ctrl-S has stopped accepts nothing for longer.
constexpr Milliseconds k_terminal_patience{100};

// Returns a copy of ctest's descriptor for stderr. Both share one file position, so ctest and we do
// not overwrite each other in a regular file (`ctest 2>log`). Needs ptrace access.
os::UniqueFd copy_of(const ProcessName& ctest) {
  const Result<os::UniqueFd> watched = os::watch_process(ctest);
  if (!watched) return os::UniqueFd{};
  return os::UniqueFd(
      static_cast<int>(::syscall(SYS_pidfd_getfd, watched->get(), STDERR_FILENO, 0)));
}

}  // namespace

os::UniqueFd open_stderr_of(const ProcessName& ctest) {
  const std::string path = os::in_proc(ctest.pid, "fd/2");
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return os::UniqueFd{};
  const bool shares_position = S_ISREG(info.st_mode) || S_ISSOCK(info.st_mode);
  if (shares_position) {
    if (os::UniqueFd copy = copy_of(ctest); copy.valid()) return copy;
  }
  os::UniqueFd own(::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  // After setpriv, sudo or su, ctest's stderr is often another user's pipe or terminal. We cannot
  // open that; only a copy of an open descriptor can be used.
  return own.valid() ? std::move(own) : copy_of(ctest);
}

bool write_live_line(const os::UniqueFd& target, std::string_view line) {
  if (!target.valid()) return false;
  const Milliseconds patience = ::isatty(target.get()) == 1 ? k_terminal_patience : Milliseconds{0};
  const Milliseconds until = os::monotonic_now() + patience;
  while (true) {
    // A copy of ctest's descriptor may block. We must not make it non-blocking, because ctest uses
    // it too.
    pollfd room{target.get(), POLLOUT, 0};
    if (::poll(&room, 1, os::poll_time(until)) != 1) return false;
    const ssize_t put =
        os::retried([&] { return ::write(target.get(), line.data(), line.size()); });
    if (put >= 0) return static_cast<std::size_t>(put) == line.size();
    if (errno != EAGAIN || os::monotonic_now() >= until) return false;
  }
}

}  // namespace holdfast
