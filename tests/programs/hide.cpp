// hide FILE WORD…: a test that is hard to find and to end. One of its processes hides as the words
// say. Every process announces itself in FILE once it is as it is meant to be.
//
//   child | orphan   the one that hides: a child, or a grandchild whose parent is gone; without
//                    either, the main process itself
//   setsid           it has a session of its own
//   closed           it has no descriptor
//   deaf             it ignores all signals that it can
//   bare             it has no environment
//   forged           it has another attempt's tags
//   overwritten      it has zeros in place of its environment
//   untagged         bare, and with the resource limits of a new login
//   stopped          it stops itself
//   headless         its main thread ends and another one stays
//   spawning         chains of processes that each fork the next and exit, until there is a file
//                    FILE.stop
//   for=MS           the main process writes `finished` to FILE.end after MS and exits with 0;
//                    without it, it stays until it is ended, for a minute at most
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "habit.hpp"

namespace {

std::vector<std::string> words;
std::string file;

bool is_said(const char* word) {
  for (const std::string& one : words) {
    if (one == word) return true;
  }
  return false;
}

// In memory, where proc_pid_environ(5) looks. An exec would make a new environment instead.
void overwrite_environment() {
  char text[4096] = {};
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) _exit(96);
  close(fd);
  const char* at = std::strrchr(text, ')') + 2;
  for (int field = 3; field < 50; ++field) at = std::strchr(at, ' ') + 1;
  char* end = nullptr;
  const unsigned long start = std::strtoul(at, &end, 10);
  const unsigned long stop = std::strtoul(end, nullptr, 10);
  std::memset(reinterpret_cast<char*>(start), 0,
              stop - start);  // NOLINT(performance-no-int-to-ptr)
}

// Each of these stays a zombie until it is reaped. They may be a third of all pids at most, or the
// whole machine suffers if they are not reaped.
[[noreturn]] void keep_spawning() {
  constexpr int k_generations = 2000;
  const std::string stop = file + ".stop";
  for (int chain = 0; chain < 2; ++chain) {
    if (fork() != 0) continue;
    for (int generation = 0; generation < k_generations; ++generation) {
      if (access(stop.c_str(), F_OK) == 0 || fork() != 0) _exit(0);
      setsid();
      usleep(500);
      if (chain == 0 && generation == 20) habit::announce(file.c_str());
    }
    habit::linger();
  }
  habit::linger();
}

bool main_thread_has_ended() {
  char text[512] = {};
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) _exit(96);
  close(fd);
  return std::strrchr(text, ')')[2] == 'Z';
}

void* stay_without_main_thread(void*) {
  while (!main_thread_has_ended()) habit::rest(1);
  habit::announce(file.c_str());
  habit::linger();
}

[[noreturn]] void end_main_thread() {
  pthread_t other;
  if (pthread_create(&other, nullptr, stay_without_main_thread, nullptr) != 0) _exit(96);
  pthread_exit(nullptr);
}

[[noreturn]] void stay() {
  if (is_said("spawning")) keep_spawning();
  if (is_said("headless")) end_main_thread();
  habit::announce(file.c_str());
  if (is_said("stopped")) kill(getpid(), SIGSTOP);
  habit::linger();
}

// Runs the same program anew. What exec leaves as it is (ignored signals, session) is set before.
[[noreturn]] void stay_by_exec(std::initializer_list<const char*> environment) {
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0) _exit(96);
  std::vector<char*> arguments{self, file.data()};
  std::string now = "now";
  arguments.push_back(now.data());
  for (std::string& word : words) {
    if (word == "stopped" || word == "spawning") arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  std::vector<char*> variables;
  for (const char* one : environment) variables.push_back(const_cast<char*>(one));
  variables.push_back(nullptr);
  execve(self, arguments.data(), variables.data());
  _exit(96);
}

[[noreturn]] void hide() {
  if (is_said("setsid")) setsid();
  if (is_said("deaf")) {
    for (int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) signal(number, SIG_IGN);
  }
  if (is_said("closed")) close_range(0, ~0U, 0);
  if (is_said("overwritten")) overwrite_environment();
  if (is_said("untagged")) {
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_LOCKS, &none);
  }
  if (is_said("bare") || is_said("untagged")) stay_by_exec({});
  if (is_said("forged"))
    stay_by_exec({"HOLDFAST_ATTEMPT_ID=20200101-000000-1.1", "HOLDFAST_HELD="});
  stay();
}

void start_hider() {
  const pid_t child = fork();
  if (child == 0) {
    if (is_said("orphan") && fork() != 0) _exit(0);
    hide();
  }
  if (is_said("orphan")) waitpid(child, nullptr, 0);
}

}  // namespace

int main(int count, char** arguments) {
  file = arguments[1];
  words.assign(arguments + 2, arguments + count);
  if (is_said("now")) stay();
  if (is_said("child") || is_said("orphan")) {
    start_hider();
  } else if (std::strncmp(words.back().c_str(), "for=", 4) != 0) {
    hide();
  }
  habit::announce(file.c_str());
  if (std::strncmp(words.back().c_str(), "for=", 4) != 0) habit::linger();
  habit::rest(std::atol(words.back().c_str() + 4));
  habit::append_line((file + ".end").c_str(), "finished");
  return 0;
}
