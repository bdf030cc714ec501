#include "run/run_lines.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <algorithm>

#include <cerrno>

#include "attempt/supervision.hpp"
#include "ctest/ctest_options.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "settings/wire.hpp"

namespace holdfast {
namespace {

// A terminal accepts nothing (no POLLOUT, or EAGAIN after it) while another process writes to it,
// such as a shell that prints its prompt right after Ctrl-C. Such a write takes a moment. A
// terminal that Ctrl-S has stopped accepts nothing for longer.
constexpr Milliseconds k_terminal_patience{100};

// Returns a copy of ctest's descriptor for stderr. Both share one file position, so ctest and we do
// not overwrite each other in a regular file (`ctest 2>log`). Needs ptrace access.
os::UniqueFd copy_of(const ProcessName& ctest) {
  const os::UniqueFd watched = os::watch_process(ctest).value_or({});
  return os::UniqueFd(
      static_cast<int>(::syscall(SYS_pidfd_getfd, watched.get(), STDERR_FILENO, 0)));
}

constexpr std::size_t k_most_named = 5;

std::string names_of(const std::vector<std::string>& tests) {
  if (tests.size() <= k_most_named) return enumeration(tests, " and ", "\"");
  return bounded_list(tests, k_most_named,
                      [](const std::string& test) { return "\"" + test + "\""; });
}

// Enough for ctest, a script or two, and their shell. An ancestor further up has no interest in
// ctest's end.
constexpr std::size_t k_most_ancestors = 6;

std::string stderr_path(pid_t pid) { return os::in_proc(pid, "fd/2"); }

// The longest command line there can be.
constexpr std::size_t k_longest_line = 8 * 1024 * 1024;

}  // namespace

os::UniqueFd open_stderr_of(const ProcessName& ctest) {
  const std::string path = stderr_path(ctest.pid);
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
  const Milliseconds patience = ::isatty(target.get()) == 1 ? k_terminal_patience : Milliseconds{0};
  const Milliseconds until = os::monotonic_now() + patience;
  while (true) {
    // A copy of ctest's descriptor may block. We must not make it non-blocking, because ctest uses
    // it too.
    if (!os::wait_for(target.get(), until, POLLOUT)) return false;
    const ssize_t put =
        os::retried([&] { return ::write(target.get(), line.data(), line.size()); });
    if (put >= 0) return static_cast<std::size_t>(put) == line.size();
    if (errno != EAGAIN || os::monotonic_now() >= until) return false;
  }
}

void Interruption::hold_back(std::string line, std::string test, Milliseconds now) {
  if (held_back_.empty()) due_ = now + k_same_event;
  held_back_.push_back({std::move(line), std::move(test)});
}

std::vector<std::string> Interruption::take_lines() {
  return collected(std::exchange(held_back_, {}), &HeldBack::line);
}

std::string Interruption::end_of_ctest(const std::vector<std::string>& running) {
  std::vector<std::string> tests = collected(std::exchange(held_back_, {}), &HeldBack::test);
  for (const std::string& test : running) {
    // The test may be in both lists: its launcher may have reported the interruption and not yet
    // have said farewell.
    if (std::ranges::find(tests, test) == tests.end()) tests.push_back(test);
  }
  said_ = true;
  if (tests.empty()) return {};
  return fmt::format("ctest has ended before its tests; ending {} with all {} started",
                     names_of(tests), tests.size() == 1 ? "it" : "they");
}

UserTerminal::UserTerminal(const ProcessName& ctest)
    : ancestors_(os::ancestors_of(ctest, k_most_ancestors)) {
  const std::string path = stderr_path(ctest.pid);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return;
  file_ = os::id_of(info);
  if (!S_ISCHR(info.st_mode) && !S_ISREG(info.st_mode)) return;
  path_ = os::read_link(path);
}

void UserTerminal::say(std::string_view line) const {
  const os::UniqueFd target = open();
  // The cursor is behind the `^C` of the pressed key, or behind the shell's next prompt.
  const std::string start(::isatty(target.get()) == 1 ? "\n" : "");
  write_live_line(target, start + std::string(line));
}

os::UniqueFd UserTerminal::open() const {
  for (const ProcessName& ancestor : ancestors_) {
    if (!is_it(stderr_path(ancestor.pid))) continue;
    // A shell that has left `{ ctest; …; } 2>file` has another stderr by now, or has exited.
    os::UniqueFd opened = open_stderr_of(ancestor);
    if (os::file_of(opened.get()) == file_) return opened;
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

RunLines::RunLines(const ProcessName& ctest)
    : ctest_(ctest),
      quiet_(asks_to_be_quiet(os::command_of(ctest.pid, k_longest_line))),
      terminal_(ctest) {}

void RunLines::print(std::string_view summary) {
  const std::string text = take_summary(summary);
  if (stderr_.valid()) (void)::write(stderr_.get(), text.data(), text.size());
}

std::string RunLines::take_summary(std::string_view summary) {
  return quiet_ ? "" : std::exchange(unsaid_, {}) + std::string(summary);
}

bool RunLines::try_to_say(std::string_view line) {
  if (quiet_) return true;
  if (stderr_.valid()) return write_live_line(stderr_, line);
  if (!ctest_ended_) return write_live_line(open_stderr_of(ctest_), line);
  // The line of the last test often comes after ctest has ended.
  terminal_.say(line);
  return true;
}

void RunLines::say(std::string_view text, Layout layout) {
  os::log(LogLevel::info, {text});
  (void)try_to_say(said_line(text, layout));
}

void RunLines::say_once(const std::string& text) {
  if (!said_.insert(text).second) return;
  os::log(LogLevel::warn, {text});
  put_once(text);
}

void RunLines::put_once(std::string_view text) {
  const std::string line = said_line(text);
  if (!try_to_say(line)) unsaid_ += line;
}

void RunLines::say_for(const Speaker& speaker, const wire::Message& message) {
  Result<wire::Line> line = wire::read<wire::Line>(message);
  if (!line) return say_once(to_text(line.error()));
  const bool is_once = line->repeat == wire::Repeat::once_per_run;
  if (is_once && !said_.insert(line->text).second) return;
  const std::string& attempt = line->attempt.empty() ? speaker.attempt : line->attempt;
  os::log_about(attempt.empty() ? std::string_view() : speaker.name, attempt,
                is_once ? LogLevel::warn : LogLevel::info, {line->text});
  if (is_once) return put_once(line->text);
  if (line->repeat == wire::Repeat::each_time) {
    (void)try_to_say(said_line(line->text, line->layout));
  } else if (!interruption_.is_said()) {
    interruption_.hold_back(std::move(line->text), speaker.name, os::monotonic_now());
  }
}

void RunLines::say_held_back() {
  for (const std::string& line : interruption_.take_lines()) (void)try_to_say(said_line(line));
}

void RunLines::say_end_of_ctest(const std::vector<std::string>& running) {
  if (const std::string line = interruption_.end_of_ctest(running); !line.empty()) say(line);
}

}  // namespace holdfast
