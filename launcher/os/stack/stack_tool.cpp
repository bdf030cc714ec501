// Hazards. Between fork and exec the child calls only async-signal-safe functions. Everything that
// the child needs is made before the fork.
#include "os/stack/stack_tool.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "os/file/system_call.hpp"
#include "os/process/program_search.hpp"
#include "os/process/spawn.hpp"

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
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(words[0], words, environment);
  ::_exit(127);
}

}  // namespace

const char* name_of(StackTool::Kind kind) {
  switch (kind) {
    case StackTool::Kind::gdb:
      return "gdb";
    case StackTool::Kind::eu_stack:
      return "eu-stack";
  }
  return "gdb";
}

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
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  output_ = UniqueFd(ends[0]);
  const UniqueFd write_end(ends[1]);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> text = words_of(tool, std::to_string(process));
  // The test's environment stays out: its PYTHONHOME or LD_PRELOAD would affect gdb, and
  // DEBUGINFOD_URLS would make it wait for the network.
  std::vector<std::string> variables{"PATH=" + path_variable(), "LC_ALL=C", "HOME=/nonexistent"};
  std::vector<char*> words;
  std::vector<char*> environment;
  for (std::string& word : text) words.push_back(word.data());
  for (std::string& variable : variables) environment.push_back(variable.data());
  words.push_back(nullptr);
  environment.push_back(nullptr);
  const pid_t launcher = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    be_tool(words.data(), environment.data(), write_end.get(), null.get(), launcher, tag);
  }
}

RunningStackTool::~RunningStackTool() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // it may not have called setsid() yet
  (void)retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

}  // namespace holdfast::os
