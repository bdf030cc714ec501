// act_as_ctest TREE STATUS COMMAND…: stands in for ctest. It names itself in HOLDFAST_ATTACH,
// starts COMMAND (a launcher), waits, and writes to STATUS how that ended ("exit 3", "signal 9",
// "signal 11 core"). It sends SIGUSR1 on to COMMAND. A real ctest takes a second to configure, so
// only tests of ctest itself use one.
#include <fstream>
#include <sstream>
#include <string>

#include "habit.hpp"

namespace {
// Field 22 of /proc/self/stat, counted from the end of the name, which may hold blanks.
std::string start_time() {
  std::ifstream file("/proc/self/stat");
  std::stringstream text;
  text << file.rdbuf();
  std::istringstream fields(text.str().substr(text.str().rfind(')') + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return field;
}

// The number in `pid:[4026531836]`.
std::string pid_namespace() {
  char text[64];
  const ssize_t length = readlink("/proc/self/ns/pid", text, sizeof text);
  return std::string(text + 5, static_cast<std::size_t>(length) - 6);
}

pid_t the_child = 0;
void send_on(int signal) { kill(the_child, signal); }
}  // namespace

int main(int /*count*/, char** words) {
  const std::string attach = "2 " + std::to_string(getpid()) + " " + start_time() + " " +
                             pid_namespace() + " 1 system-test " + words[1];
  setenv("HOLDFAST_ATTACH", attach.c_str(), 1);
  struct sigaction on_usr1 {};
  on_usr1.sa_handler = send_on;
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr1, nullptr);
  const pid_t child = fork();
  if (child == 0) {
    sigprocmask(SIG_UNBLOCK, &usr1, nullptr);
    execv(words[3], words + 3);
    _exit(97);
  }
  the_child = child;
  sigaction(SIGUSR1, &on_usr1, nullptr);
  sigprocmask(SIG_UNBLOCK, &usr1, nullptr);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  std::string text = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                         : "exit " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status) && WCOREDUMP(status)) text += " core";
  habit::append_line(words[2], text.c_str());
  return 0;
}
