#include "keeper/base/run_lines.hpp"

#include <unistd.h>

#include <utility>

#include "core/ctest/ctest_options.hpp"
#include "keeper/base/live_lines.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"

namespace holdfast {

namespace {

// The longest command line there can be.
constexpr std::size_t k_longest_line = 8 * 1024 * 1024;

bool is_quiet(const ProcessName& ctest) {
  return asks_to_be_quiet(os::command_of(ctest.pid, k_longest_line));
}

}  // namespace

RunLines::RunLines(const ProcessName& ctest)
    : ctest_(ctest), quiet_(is_quiet(ctest)), terminal_(ctest) {}

void RunLines::hold_stderr() { stderr_ = open_stderr_of(ctest_); }

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
  std::string line(message.get("line"));
  const bool is_once = !message.get("once").empty();
  if (is_once && !said_.insert(line).second) return;
  os::log_about(speaker.attempt.empty() ? std::string_view() : speaker.name, speaker.attempt,
                is_once ? LogLevel::warn : LogLevel::info, {line});
  if (is_once) return put_once(line);
  if (message.get("interrupted").empty()) {
    const bool is_folded = !message.get("folded").empty();
    (void)try_to_say(said_line(line, is_folded ? Layout::folded : Layout::one_line));
  } else if (!interruption_.is_said()) {
    interruption_.hold_back(std::move(line), speaker.name, os::monotonic_now());
  }
}

void RunLines::say_held_back() {
  for (const std::string& line : interruption_.take_lines()) (void)try_to_say(said_line(line));
}

void RunLines::say_end_of_ctest(const std::vector<std::string>& running) {
  if (const std::string line = interruption_.end_of_ctest(running); !line.empty()) say(line);
}

}  // namespace holdfast
