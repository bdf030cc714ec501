// Hazards. Between fork and exec the child calls only async-signal-safe functions. Everything that
// the child needs is made before the fork.
#include "os/stack/stack_dump.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {
namespace {

constexpr const char* k_default_path = "/usr/local/bin:/usr/bin:/bin";

std::string path_variable() {
  const char* path = ::getenv("PATH");
  return path != nullptr && *path != '\0' ? path : k_default_path;
}

std::vector<std::string> words_of(const StackTool& tool, const std::string& pid) {
  if (tool.name == "eu-stack") return {tool.path, "-n", "64", "-p", pid};
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

constexpr std::size_t k_most_threads = 64;
constexpr std::size_t k_most_files = 32;
constexpr std::size_t k_socket_table = 256UL * 1024UL;

// The system calls in which a process usually hangs; other calls are shown by number.
std::string call_name(long number) {
#define HOLDFAST_CALL(name) \
  { SYS_##name, #name }
  const struct {
    long number;
    const char* name;
  } calls[] = {
#ifdef SYS_poll
      HOLDFAST_CALL(poll),           HOLDFAST_CALL(select),
      HOLDFAST_CALL(epoll_wait),     HOLDFAST_CALL(pause),
      HOLDFAST_CALL(open),
#endif
      HOLDFAST_CALL(read),           HOLDFAST_CALL(write),
      HOLDFAST_CALL(ppoll),          HOLDFAST_CALL(pselect6),
      HOLDFAST_CALL(epoll_pwait),    HOLDFAST_CALL(futex),
      HOLDFAST_CALL(nanosleep),      HOLDFAST_CALL(clock_nanosleep),
      HOLDFAST_CALL(wait4),          HOLDFAST_CALL(waitid),
      HOLDFAST_CALL(accept),         HOLDFAST_CALL(accept4),
      HOLDFAST_CALL(connect),        HOLDFAST_CALL(recvfrom),
      HOLDFAST_CALL(recvmsg),        HOLDFAST_CALL(sendto),
      HOLDFAST_CALL(sendmsg),        HOLDFAST_CALL(flock),
      HOLDFAST_CALL(fcntl),          HOLDFAST_CALL(openat),
      HOLDFAST_CALL(fsync),          HOLDFAST_CALL(rt_sigsuspend),
      HOLDFAST_CALL(rt_sigtimedwait)};
#undef HOLDFAST_CALL
  for (const auto& call : calls) {
    if (call.number == number) return call.name;
  }
  return "system call " + std::to_string(number);
}

// The file has the form of proc_pid_syscall(5): "running", or number, arguments, stack and
// instruction pointer.
std::string call_text(const std::string& thread) {
  std::string line = first_line_of(thread + "/syscall");
  if (line == "running") return line;
  // -1: it waits outside of system calls.
  const auto number = leading_number<unsigned>(line);
  if (!number) return {};
  return "in " + call_name(*number) + " (" + line.substr(line.find(' ') + 1) + ")";
}

std::string thread_line(pid_t pid, long tid) {
  const std::string thread = in_proc(pid, "task/" + std::to_string(tid));
  const std::string stat = first_line_of(thread + "/stat");
  const std::size_t close = stat.rfind(") ");
  if (close == std::string::npos) return {};
  std::string line = "  thread " + std::to_string(tid) + " \"" + first_line_of(thread + "/comm") +
                     "\": state " + stat[close + 2];
  const std::string where = first_line_of(thread + "/wchan");
  if (!where.empty() && where != "0") line += ", waits at " + where;
  if (const std::string call = call_text(thread); !call.empty()) line += ", " + call;
  return line + "\n";
}

// Returns the line of `table` that has the socket's inode as a word.
std::string line_of_socket(const std::string& table, std::string_view inode) {
  const Result<std::string> text = read_file(table, k_socket_table);
  if (!text) return {};
  const std::string wanted = " " + std::string(inode) + " ";
  const std::size_t at = text->find(wanted);
  if (at == std::string::npos) return {};
  const std::size_t begin = text->rfind('\n', at) + 1;
  return text->substr(begin, text->find('\n', at) - begin);
}

// "0100007F:1F90" of proc_net_tcp(5), in this machine's byte order, is 127.0.0.1:8080.
std::string address_text(std::string_view word) {
  const std::string_view address = take_part(word, ':');
  const std::string port = std::to_string(leading_number<unsigned long>(word, 16).value_or(0));
  if (address.size() != 8) return text_of({"[", address, "]:", port});
  std::string text;
  for (std::size_t at = 8; at > 0; at -= 2) {
    const auto byte = leading_number<unsigned>(address.substr(at - 2, 2), 16).value_or(0);
    text += (text.empty() ? "" : ".") + std::to_string(byte);
  }
  return text + ":" + port;
}

std::string socket_text(pid_t pid, std::string_view inode) {
  const std::string net = in_proc(pid, "net/");
  for (const char* kind : {"tcp", "tcp6", "udp", "udp6"}) {
    const std::string line = line_of_socket(net + kind, inode);
    if (line.empty()) continue;
    // "   0: 0100007F:1F90 00000000:0000 0A ..."
    std::string_view words = text_after(line, ": ");
    const std::string local = address_text(take_part(words, ' '));
    const std::string remote = address_text(take_part(words, ' '));
    const std::string_view state = words.starts_with("0A") ? ", listening" : "";
    return text_of({kind, " ", local, " to ", remote, state});
  }
  if (const std::string line = line_of_socket(net + "unix", inode); !line.empty()) {
    return "unix socket " + line.substr(line.find(inode) + inode.size());
  }
  return {};
}

std::string file_line(pid_t pid, long fd) {
  std::string text = read_link(in_proc(pid, "fd/" + std::to_string(fd)));
  if (text.empty()) return {};
  constexpr std::string_view k_socket = "socket:[";
  if (text.starts_with(k_socket)) {
    const std::string_view inode =
        std::string_view(text).substr(k_socket.size(), text.size() - k_socket.size() - 1);
    if (const std::string known = socket_text(pid, inode); !known.empty()) text = known;
  }
  std::ranges::replace(text, '\n', '?');
  return "  file " + std::to_string(fd) + ": " + text + "\n";
}

// Returns a line for each number in a directory of /proc/<pid>, up to `most`.
std::string lines_of(pid_t pid, std::string_view directory, std::string (*line)(pid_t, long),
                     std::size_t most, const char* more) {
  std::string text;
  std::vector<long> numbers;
  for_each_number(in_proc(pid, directory), [&](int number) { numbers.push_back(number); });
  std::ranges::sort(numbers);
  for (std::size_t i = 0; i < std::min(numbers.size(), most); ++i) text += line(pid, numbers[i]);
  if (numbers.size() > most) text += "  and " + std::to_string(numbers.size() - most) + more;
  return text;
}

// Describes a process that hangs: its threads, what the threads wait for, and its open files. All
// of it comes from /proc.
//
// Returns at most a few dozen lines, each with its newline. Leaves out what we may not read. Takes
// milliseconds and does not stop the process.
std::string describe_process(pid_t pid) {
  return lines_of(pid, "task", thread_line, k_most_threads, " more threads\n") +
         lines_of(pid, "fd", file_line, k_most_files, " more files\n");
}

std::string title(const NamedProcess& process) {
  return "process " + std::to_string(process.pid) + " (" + process.name + ")";
}

// Returns the tools in PATH, the better one first.
std::vector<StackTool> find_stack_tools() {
  std::vector<StackTool> tools;
  const std::string path = path_variable();
  for (const char* const name : {"gdb", "eu-stack"}) {
    std::string file = find_program(path, name);
    if (!file.empty()) tools.push_back({name, std::move(file)});
  }
  return tools;
}

}  // namespace

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
      running_name_ = tools_[tool_].name;
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
  // Both tools begin their frame lines this way.
  if (output_.find("#0 ") == std::string::npos) return;
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
