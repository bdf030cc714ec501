#include "keeper/base/run_lines.hpp"

#include <unistd.h>

#include <utility>

#include "core/ctest/ctest_options.hpp"
#include "keeper/base/live_lines.hpp"
#include "os/file/clock.hpp"
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
  (void)try_to_say(said_line(text, layout));
}

void RunLines::say_once(const std::string& text) {
  const std::string line = said_line(text);
  if (said_.insert(text).second && !try_to_say(line)) unsaid_ += line;
}

void RunLines::say_for(const std::string& test, const wire::Message& message) {
  std::string line(message.get("line"));
  if (!message.get("once").empty()) return say_once(line);
  const bool is_folded = !message.get("folded").empty();
  if (message.get("interrupted").empty()) {
    return say(line, is_folded ? Layout::folded : Layout::one_line);
  }
  if (interruption_.is_said()) return;
  interruption_.hold_back(std::move(line), test, os::monotonic_now());
}

void RunLines::say_held_back() {
  for (const std::string& line : interruption_.take_lines()) say(line);
}

void RunLines::say_end_of_ctest(const std::vector<std::string>& running) {
  if (const std::string line = interruption_.end_of_ctest(running); !line.empty()) say(line);
}

}  // namespace holdfast
