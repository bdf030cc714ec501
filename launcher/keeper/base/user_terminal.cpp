#include "keeper/base/user_terminal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "keeper/base/live_lines.hpp"
#include "os/file/file_text.hpp"
#include "os/process/ancestry.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// Enough for ctest, a script or two, and their shell. An ancestor further up has no interest in
// ctest's end.
constexpr std::size_t k_most_ancestors = 6;

std::string stderr_path(pid_t pid) { return os::in_proc(pid, "fd/2"); }

}  // namespace

UserTerminal::UserTerminal(const ProcessName& ctest)
    : ancestors_(os::ancestors_of(ctest, k_most_ancestors)) {
  const std::string path = stderr_path(ctest.pid);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return;
  device_ = info.st_dev;
  inode_ = info.st_ino;
  if (!S_ISCHR(info.st_mode) && !S_ISREG(info.st_mode)) return;
  path_ = os::read_link(path);
}

bool UserTerminal::is_same(const struct stat& info) const {
  return inode_ != 0 && info.st_dev == device_ && info.st_ino == inode_;
}

bool UserTerminal::is_it(const std::string& path) const {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && is_same(info);
}

void UserTerminal::say(std::string_view line) const {
  const os::UniqueFd target = open();
  // The cursor is behind the `^C` of the pressed key, or behind the shell's next prompt.
  const std::string start(::isatty(target.get()) == 1 ? "\n" : "");
  write_live_line(target, start + std::string(line));
}

os::UniqueFd UserTerminal::open() const {
  for (const ProcessName& ancestor : ancestors_) {
    if (!os::is_alive(ancestor) || !is_it(stderr_path(ancestor.pid))) continue;
    // A shell that has left `{ ctest; …; } 2>file` has another stderr by now, or has exited.
    os::UniqueFd opened = open_stderr_of(ancestor);
    struct stat info {};
    if (::fstat(opened.get(), &info) == 0 && is_same(info)) return opened;
  }
  if (!path_.empty()) {
    if (!is_it(path_)) return os::UniqueFd{};
    return os::UniqueFd(
        ::open(path_.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
  if (ancestors_.empty() || !os::is_alive(ancestors_.front())) return os::UniqueFd{};
  os::UniqueFd starter = open_stderr_of(ancestors_.front());
  return ::isatty(starter.get()) == 1 ? std::move(starter) : os::UniqueFd{};
}

}  // namespace holdfast
