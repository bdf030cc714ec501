#include "cli/captured_command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::cli {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  std::vector<std::string> environment = variables;
  for (char** entry = ::environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

std::string read_all(const os::UniqueFd& pipe) {
  std::string text;
  char part[4096];
  while (true) {
    const ssize_t got = os::retried([&] { return ::read(pipe.get(), part, sizeof part); });
    if (got <= 0) return text;
    text.append(part, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<Captured> capture(const std::vector<std::string>& words,
                         const std::vector<std::string>& variables) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("make a pipe");
  const os::UniqueFd output(ends[0]);
  os::UniqueFd input(ends[1]);
  std::vector<std::string> own_words = words;
  std::vector<std::string> environment = environment_with(variables);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, words[0].c_str(), &actions, nullptr,
                                   pointers_to(own_words).data(), pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return os::system_error("run " + words[0], error);
  input.reset();
  Captured captured;
  captured.output = read_all(output);
  int status = 0;
  if (os::retried([&] { return ::waitpid(child, &status, 0); }) != child) {
    return os::system_error("wait for " + words[0]);
  }
  if (WIFEXITED(status)) captured.exit_code = WEXITSTATUS(status);
  return captured;
}

}  // namespace holdfast::cli
