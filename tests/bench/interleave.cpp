// Runs several commands in turn, round after round, and prints one line per execution:
//   NAME <tab> wall microseconds <tab> peak memory in kB
// They run in turn, so that other work of the machine hits all of them alike. This is a small
// static program, because a child's peak memory starts at its parent's: a large parent would show.
//
//   interleave ROUNDS [--attach TREE] [--pipe] { --next NAME [KEY=VALUE…] -- COMMAND [ARG…] }…
//
// --attach: this process plays ctest. A KEY=VALUE of `HOLDFAST_ATTACH=@` becomes the value that
// attach.cmake would give for this process and TREE (launcher/core/base/environment.hpp).
// --pipe: it reads a command's output from a pipe, as ctest does; otherwise the output goes to
// /dev/null. Prints a line and exits with 1 if a command does not end with 0.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct Command {
  std::string name;
  std::vector<char*> environment;
  std::vector<char*> arguments;
};

// Field 22 of /proc/self/stat (proc(5)): clock ticks between boot and the start of this process.
std::string own_start_time() {
  char text[1024] = {};
  FILE* file = std::fopen("/proc/self/stat", "r");
  if (file == nullptr) return "0";
  const std::size_t size = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  // The name, field 2, may hold blanks and parentheses, so this counts from the last parenthesis.
  const char* field = size > 0 ? std::strrchr(text, ')') : nullptr;
  for (int number = 2; field != nullptr && number < 22; ++number)
    field = std::strchr(field + 1, ' ');
  return field != nullptr ? std::to_string(std::strtoull(field, nullptr, 10)) : "0";
}

[[noreturn]] void wrong_use(const char* what) {
  std::fprintf(stderr, "interleave: %s\n", what);
  std::exit(2);
}

Command parse_command(char**& argument, const std::string& attach) {
  Command command;
  if (*argument == nullptr) wrong_use("--next needs a name");
  command.name = *argument++;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    command.environment.push_back(*variable);
  }
  for (; *argument != nullptr && std::strcmp(*argument, "--") != 0; ++argument) {
    const bool is_attach = std::strcmp(*argument, "HOLDFAST_ATTACH=@") == 0;
    command.environment.push_back(is_attach ? strdup(attach.c_str()) : *argument);
  }
  if (*argument == nullptr) wrong_use("a command is missing after --");
  for (++argument; *argument != nullptr && std::strcmp(*argument, "--next") != 0; ++argument) {
    command.arguments.push_back(*argument);
  }
  if (command.arguments.empty()) wrong_use("a command is missing after --");
  command.environment.push_back(nullptr);
  command.arguments.push_back(nullptr);
  return command;
}

void run_once(const Command& command, bool has_pipe) {
  int ends[2] = {-1, -1};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (has_pipe && pipe2(ends, O_CLOEXEC) == 0) {
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  const auto began = std::chrono::steady_clock::now();
  pid_t pid = 0;
  const int failure = posix_spawnp(&pid, command.arguments[0], &files, nullptr,
                                   command.arguments.data(), command.environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0) {
    std::fprintf(stderr, "interleave: cannot start %s: %s\n", command.arguments[0],
                 std::strerror(failure));
    std::exit(1);
  }
  if (has_pipe) {
    char part[65536];
    close(ends[1]);
    while (read(ends[0], part, sizeof part) > 0) {
    }
    close(ends[0]);
  }
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  const auto took = std::chrono::steady_clock::now() - began;
  if (status != 0) {
    std::fprintf(stderr, "interleave: %s ended with wait status %d\n", command.name.c_str(),
                 status);
    std::exit(1);
  }
  std::printf("%s\t%.1f\t%ld\n", command.name.c_str(),
              std::chrono::duration<double, std::micro>(took).count(), usage.ru_maxrss);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    wrong_use("usage: interleave ROUNDS [--attach TREE] [--pipe] { --next NAME … -- COMMAND … }…");
  char** argument = argv + 1;
  const int rounds = std::atoi(*argument++);
  std::string attach;
  if (*argument != nullptr && std::strcmp(*argument, "--attach") == 0) {
    if (*++argument == nullptr) wrong_use("--attach needs a tree");
    struct stat pid_namespace {};
    stat("/proc/self/ns/pid", &pid_namespace);
    attach = "HOLDFAST_ATTACH=2 " + std::to_string(getpid()) + " " + own_start_time() + " " +
             std::to_string(pid_namespace.st_ino) + " 1 0123456789abcdef " + *argument++;
  }
  bool has_pipe = false;
  if (*argument != nullptr && std::strcmp(*argument, "--pipe") == 0) {
    has_pipe = true;
    ++argument;
  }
  std::vector<Command> commands;
  while (*argument != nullptr) {
    if (std::strcmp(*argument, "--next") != 0) wrong_use("--next expected");
    commands.push_back(parse_command(++argument, attach));
  }
  // As ctest starts tests: without input, and with an output that no terminal slows down.
  for (int round = 0; round < rounds; ++round) {
    for (const Command& command : commands) run_once(command, has_pipe);
  }
}
