// Hazards. Between fork and exec the child calls only async-signal-safe functions. Everything that
// the child needs is made before the fork.
#include "os/stack/stack_dump.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/parts.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/process/process_description.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {
namespace {

constexpr const char* k_default_path = "/usr/local/bin:/usr/bin:/bin";

std::string path_variable() {
  const char* path = ::getenv("PATH");
  return path != nullptr && *path != '\0' ? path : k_default_path;
}

std::vector<std::string> words_of(const StackTool& tool, const std::string& pid) {
  if (tool.kind == StackTool::Kind::eu_stack) return {tool.path, "-n", "64", "-p", pid};
  // -iex runs before symbols are read: gdb executes nothing of the user's or the project's, and
  // does not stop at the end of a page.
  std::vector<std::string> words{tool.path, "-nx",
                                 "-q",      "-batch",
                                 "-iex",    "set auto-load off",
                                 "-iex",    "set pagination off",
                                 "-iex",    "set width 0"};
  // gdb would read the program in the process's own mount namespace, which only root may enter.
  // Most files are at the same place here.
  if (::geteuid() != 0) words.insert(words.end(), {"-iex", "set sysroot /"});
  words.insert(words.end(), {"-p", pid, "-ex", "thread apply all bt 64"});
  return words;
}

[[noreturn]] void be_tool(char** words, char** environment, int output, int null, pid_t launcher,
                          std::uint64_t tag) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != launcher) ::_exit(127);
  ::setsid();
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  // The tool must not keep our locks.
  ::close_range(3, ~0U, 0);
  take_tag(tag);
  (void)change_signal_mask(SIG_SETMASK, 0);
  ::execve(words[0], words, environment);
  ::_exit(127);
}

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

std::vector<StackTool> find_stack_tools() {
  std::vector<StackTool> tools;
  const std::string path = path_variable();
  for (StackTool::Kind kind : {StackTool::Kind::gdb, StackTool::Kind::eu_stack}) {
    std::string file = find_program(path, name_of(kind));
    if (!file.empty()) tools.push_back({kind, std::move(file)});
  }
  return tools;
}

RunningStackTool::RunningStackTool(const StackTool& tool, pid_t process, std::uint64_t tag) {
  Result<Pipe> output = make_pipe();
  if (!output) return;
  output_ = std::move(output->read);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> text = words_of(tool, std::to_string(process));
  // The test's environment stays out: its PYTHONHOME or LD_PRELOAD would affect gdb, and
  // DEBUGINFOD_URLS would make it wait for the network.
  std::vector<std::string> variables{"PATH=" + path_variable(), "LC_ALL=C", "HOME=/nonexistent"};
  std::vector<char*> words = pointers_to(text);
  std::vector<char*> environment = pointers_to(variables);
  const pid_t launcher = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    be_tool(words.data(), environment.data(), output->write.get(), null.get(), launcher, tag);
  }
}

RunningStackTool::~RunningStackTool() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // it may not have called setsid() yet
  (void)retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

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
    text_ += text_of({"holdfast: ", title(processes_[process_]), ", by ", running_name_, ":\n"}) +
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
    if (!wait_for(fd, until, POLLOUT)) return;
    // A writable pipe takes this much without blocking, pipe(7).
    const ssize_t put = retried(
        [&] { return ::write(fd, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF)); });
    if (put <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace holdfast::os
