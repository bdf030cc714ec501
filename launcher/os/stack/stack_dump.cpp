#include "os/stack/stack_dump.hpp"

#include <limits.h>
#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/base/parts.hpp"
#include "os/file/clock.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"
#include "os/process/process_description.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_most_text = 64UL * 1024UL;
// In a tree of many processes the first ones show what hangs.
constexpr std::size_t k_most_processes = 16;
// gdb reads all debug information, which may take longer than there is time. If eu-stack is
// installed too, this much time is left for it.
constexpr Milliseconds k_second_tool_time{600};

std::string title(const NamedProcess& process) {
  return "process " + std::to_string(process.pid) + " (" + process.name + ")";
}

}  // namespace

StackDump::StackDump(std::vector<NamedProcess> processes, Milliseconds until, std::uint64_t tag)
    : processes_(std::move(processes)), tools_(find_stack_tools()), until_(until), tag_(tag) {
  if (processes_.size() > k_most_processes) {
    text_ = "holdfast: of " + std::to_string(processes_.size()) + " processes the first " +
            std::to_string(k_most_processes) + "\n";
    processes_.resize(k_most_processes);
  }
  start_tool();
}

Milliseconds StackDump::deadline() const {
  const bool another = tool_ + 1 < tools_.size();
  return another ? until_ - k_second_tool_time : until_;
}

bool StackDump::go_on() {
  if (running_) read_output();
  const Milliseconds now = monotonic_now();
  if (now >= until_) {
    finish();
  } else if (running_ && now >= deadline()) {
    tool_ended(ToolEnd::too_late);
  }
  return process_ >= processes_.size();
}

void StackDump::finish() {
  if (running_) give_up_tool(ToolEnd::too_late);
  while (process_ < processes_.size()) {
    describe_here();
    next_process();
  }
}

void StackDump::next_process() {
  ++process_;
  tool_ = first_tool_;
}

// Both tools begin their frame lines this way.
bool StackDump::has_stacks() const { return output_.find("#0 ") != std::string::npos; }

void StackDump::read_output() {
  char buffer[8192];
  while (true) {
    const ssize_t got = retried([&] { return ::read(running_->output(), buffer, sizeof buffer); });
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return tool_ended(ToolEnd::through);
    const std::size_t room = k_most_text - std::min(k_most_text, output_.size());
    output_.append(buffer, std::min(room, static_cast<std::size_t>(got)));
    if (room == 0) return tool_ended(ToolEnd::through);
  }
}

// If no tool is left for a process, describes the process from /proc at once.
void StackDump::start_tool() {
  while (process_ < processes_.size()) {
    const Result<ProcessStat> now = read_process_stat(processes_[process_].pid);
    if (!now || now->name != processes_[process_].name) {
      next_process();  // it has ended meanwhile
      continue;
    }
    if (tool_ < tools_.size()) {
      output_.clear();
      running_ = std::make_unique<RunningStackTool>(tools_[tool_], processes_[process_].pid, tag_);
      running_name_ = name_of(tools_[tool_].kind);
      if (running_->output() >= 0) return;
      running_.reset();
    }
    describe_here();
    next_process();
  }
}

void StackDump::tool_ended(ToolEnd how) {
  // A tool that was too slow for this process will be too slow for the next.
  if (how == ToolEnd::too_late) first_tool_ = tool_ + 1;
  ++tool_;
  give_up_tool(how);
  start_tool();
}

// Keeps the tool's output if it contains stacks.
void StackDump::give_up_tool(ToolEnd how) {
  running_.reset();
  if (!has_stacks()) return;
  if (text_.size() < k_most_text) {
    text_ += "holdfast: " + title(processes_[process_]) + ", by " + running_name_ + ":\n" +
             output_.substr(0, k_most_text - text_.size());
    if (text_.back() != '\n') text_ += '\n';
    if (how == ToolEnd::too_late) text_ += "holdfast: there was no time for the rest of it\n";
  }
  output_.clear();
  next_process();
}

void StackDump::describe_here() {
  if (text_.size() >= k_most_text) return;
  const std::string lines =
      title(processes_[process_]) + ", by /proc:\n" + describe_process(processes_[process_].pid);
  for (std::string_view rest = lines; !rest.empty() && text_.size() < k_most_text;) {
    text_.append("holdfast: ").append(take_part(rest, '\n')).push_back('\n');
  }
}

void write_within(int fd, const std::string& text, Milliseconds time) {
  const Milliseconds until = monotonic_now() + time;
  std::string_view rest = text;
  while (!rest.empty()) {
    pollfd writable{fd, POLLOUT, 0};
    const int left = poll_time(until);
    if (left == 0 || ::poll(&writable, 1, left) <= 0) return;
    if ((writable.revents & POLLOUT) == 0) return;
    // A writable pipe takes this much without blocking, pipe(7).
    const ssize_t put = retried(
        [&] { return ::write(fd, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF)); });
    if (put <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace holdfast::os
