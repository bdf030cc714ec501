// Runs several commands in turn, round after round, and prints one line per execution:
//   NAME <tab> wall microseconds <tab> processor microseconds <tab> peak memory in kB
// They run in turn, so that other work of the machine hits all of them alike. This is a small
// static program, because a child's peak memory starts at its parent's: a large parent would show.
//
//   interleave ROUNDS [--pipe] { --next NAME [KEY=VALUE…] -- COMMAND [ARG…] }…
//
// A KEY=VALUE of `HOLDFAST_ATTACH=@TREE` becomes the value that attach.cmake would give in a ctest
// of TREE (launcher/base/environment.hpp). A keeper serves one ctest, so each TREE has a
// process of its own, which plays this ctest and starts the commands.
// --pipe: it reads a command's output from a pipe, as ctest does; otherwise the output goes to
// /dev/null. Prints a line and exits with 1 if a command does not end with 0.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Command {
  std::string name;
  std::string tree;  // empty: not attached
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

// The value of HOLDFAST_ATTACH without the build tree.
std::string own_attach() {
  struct stat pid_namespace {};
  stat("/proc/self/ns/pid", &pid_namespace);
  return "2 " + std::to_string(getpid()) + " " + own_start_time() + " " +
         std::to_string(pid_namespace.st_ino) + " 1 0123456789abcdef ";
}

Command parse_command(char**& argument) {
  Command command;
  if (*argument == nullptr) wrong_use("--next needs a name");
  command.name = *argument++;
  for (char** own = environ; *own != nullptr; ++own) command.environment.push_back(*own);
  for (; *argument != nullptr && std::strcmp(*argument, "--") != 0; ++argument) {
    constexpr std::string_view k_attached = "HOLDFAST_ATTACH=@";
    if (std::string_view{*argument}.starts_with(k_attached)) {
      command.tree = *argument + k_attached.size();
    } else {
      command.environment.push_back(*argument);
    }
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

double microseconds(const timeval& time) {
  return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
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
  std::printf("%s\t%.1f\t%.0f\t%ld\n", command.name.c_str(),
              std::chrono::duration<double, std::micro>(took).count(),
              microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss);
}

// Runs the commands of its tree, each when it gets the command's number.
[[noreturn]] void play_ctest(const std::string& tree, std::vector<Command>& commands, bool has_pipe,
                             int parent) {
  std::string attach = "HOLDFAST_ATTACH=" + own_attach() + tree;
  for (Command& command : commands) {
    if (command.tree == tree)
      command.environment.insert(command.environment.begin(), attach.data());
  }
  std::size_t number = 0;
  while (read(parent, &number, sizeof number) == sizeof number) {
    run_once(commands[number], has_pipe);
    if (write(parent, &number, sizeof number) != sizeof number) break;
  }
  std::exit(0);
}

// The end of a socket whose other end is that ctest.
int start_ctest(const std::string& tree, std::vector<Command>& commands, bool has_pipe) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) wrong_use("no socket");
  const pid_t pid = fork();
  if (pid < 0) wrong_use("no process");
  if (pid == 0) {
    close(ends[0]);
    play_ctest(tree, commands, has_pipe, ends[1]);
  }
  close(ends[1]);
  return ends[0];
}

void run_in(int ctest, std::size_t number) {
  const bool is_asked = write(ctest, &number, sizeof number) == sizeof number;
  if (!is_asked || read(ctest, &number, sizeof number) != sizeof number) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    wrong_use("usage: interleave ROUNDS [--pipe] { --next NAME [KEY=VALUE…] -- COMMAND [ARG…] }…");
  char** argument = argv + 1;
  const int rounds = std::atoi(*argument++);
  bool has_pipe = false;
  if (*argument != nullptr && std::strcmp(*argument, "--pipe") == 0) {
    has_pipe = true;
    ++argument;
  }
  std::vector<Command> commands;
  while (*argument != nullptr) {
    if (std::strcmp(*argument, "--next") != 0) wrong_use("--next expected");
    commands.push_back(parse_command(++argument));
  }
  // Several processes print, and each line is whole.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  std::map<std::string, int> ctests;
  for (const Command& command : commands) {
    if (command.tree.empty() || ctests.count(command.tree) > 0) continue;
    ctests[command.tree] = start_ctest(command.tree, commands, has_pipe);
  }
  // As ctest starts tests: without input, and with an output that no terminal slows down.
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t number = 0; number < commands.size(); ++number) {
      const std::string& tree = commands[number].tree;
      tree.empty() ? run_once(commands[number], has_pipe) : run_in(ctests[tree], number);
    }
  }
  for (const auto& [tree, ctest] : ctests) close(ctest);
  while (wait(nullptr) > 0) {
  }
}
