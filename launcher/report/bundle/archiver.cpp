#include "report/bundle/archiver.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/process/execute.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_program = "holdfast-archive";

// posix_spawn(3) does these in the new process.
class Streams {
 public:
  Streams() { ::posix_spawn_file_actions_init(&actions_); }
  ~Streams() { ::posix_spawn_file_actions_destroy(&actions_); }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  void put(int from, int stream) {
    if (from < 0)
      ::posix_spawn_file_actions_addopen(&actions_, stream, "/dev/null", O_RDWR, 0);
    else
      ::posix_spawn_file_actions_adddup2(&actions_, from, stream);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

Result<Archiver> Archiver::start(std::vector<std::string> words, int input, int output) {
  HOLDFAST_TRY(os::UniqueFd errors, os::memory_file(""));
  Streams streams;
  streams.put(input, STDIN_FILENO);
  streams.put(output, STDOUT_FILENO);
  streams.put(errors.get(), STDERR_FILENO);
  const std::vector<char*> arguments = os::pointers_to(words);
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, words[0].c_str(), streams.get(), nullptr, arguments.data(), ::environ);
  if (failed != 0) return os::system_error("start " + words[0], failed);
  return Archiver(pid, std::move(errors));
}

Archiver::Archiver(Archiver&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), errors_(std::move(other.errors_)) {}

Archiver::~Archiver() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  os::retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

Result<void> Archiver::wait() {
  int status = 0;
  const pid_t pid = std::exchange(pid_, 0);
  const pid_t ended = os::retried([&] { return ::waitpid(pid, &status, 0); });
  if (ended < 0) return os::system_error(fmt::format("wait for {}", k_program));
  if (WIFSIGNALED(status)) {
    return Error{fmt::format("use {}: it died of signal {}", k_program, WTERMSIG(status))};
  }
  if (WEXITSTATUS(status) == 0) return {};
  const Result<std::string> said = os::read_memory_file(errors_.get());
  if (said && !said->empty()) return Error{*said};
  return Error{fmt::format("use {}: it ended with exit code {}", k_program, WEXITSTATUS(status))};
}

}  // namespace holdfast
