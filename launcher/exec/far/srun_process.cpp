#include "exec/far/srun_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"
#include "os/process/spawn.hpp"

namespace holdfast::exec {
namespace {

constexpr int k_pipe_size = 1024 * 1024;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct Pipe {
  os::UniqueFd reading;
  os::UniqueFd writing;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("make a pipe for srun");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  ::fcntl(ends[0], F_SETPIPE_SZ, k_pipe_size);
  return Pipe{os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

// Runs in the new process. If we die, srun is killed, and Slurm then ends the step.
[[noreturn]] void be_srun(const os::Command& command, const os::CallersSignals& callers,
                          pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(127);
  if (::isatty(STDIN_FILENO) != 0) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  }
  const int error = os::become(command, callers);
  const os::UniqueFd errors(::dup(STDERR_FILENO));
  (void)os::write_all(errors.get(),
                      "srun: error: " + to_text(os::system_error("execute srun", error)) + "\n");
  ::_exit(127);
}

}  // namespace

Result<SrunProcess> SrunProcess::start(const Order& order, const os::CallersSignals& callers) {
  Result<Pipe> output = make_pipe();
  if (!output) return output.error();
  Result<Pipe> errors = make_pipe();
  if (!errors) return errors.error();
  std::vector<std::string> words = order.words;
  std::vector<std::string> environment = order.environment;
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> entries = pointers(environment);
  os::Command command;
  command.arguments = const_cast<char**>(arguments.data());
  command.environment = const_cast<char**>(entries.data());
  command.tag = order.tag;
  command.output = output->writing.get();
  command.errors = errors->writing.get();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("start srun");
  if (pid == 0) be_srun(command, callers, parent);
  SrunProcess srun;
  srun.pid_ = pid;
  srun.watched_ = os::watch_living(pid);
  srun.output_ = std::move(output->reading);
  srun.errors_ = std::move(errors->reading);
  return srun;
}

SrunProcess::SrunProcess(SrunProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      is_reaped_(other.is_reaped_),
      watched_(std::move(other.watched_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

SrunProcess::~SrunProcess() {
  if (pid_ <= 0 || is_reaped_) return;
  send(SIGKILL);
  (void)os::retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

std::string SrunProcess::read(os::UniqueFd& from) {
  std::string text;
  char part[16 * 1024];
  while (from.valid() && text.size() < k_pipe_size) {
    const ssize_t count = os::retried([&] { return ::read(from.get(), part, sizeof part); });
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      from.reset();
      break;
    }
    text.append(part, static_cast<std::size_t>(count));
  }
  return text;
}

bool SrunProcess::has_ended() {
  if (!is_reaped_) is_reaped_ = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
  return is_reaped_;
}

void SrunProcess::send(int signal) {
  if (!is_reaped_) (void)::kill(pid_, signal);
}

}  // namespace holdfast::exec
