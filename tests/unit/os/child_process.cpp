#include "os/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {

namespace {

constexpr int k_has_thrown = 254;

}  // namespace

Child::Child(const std::function<int()>& body) : pid_(::fork()) {
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  try {
    ::_exit(body());
  } catch (const std::exception& error) {
    ::dprintf(STDERR_FILENO, "a child of a test: %s\n", error.what());
  } catch (...) {
    ::dprintf(STDERR_FILENO, "a child of a test has thrown\n");
  }
  ::_exit(k_has_thrown);  // GoogleTest would catch it, and go on in the child
}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  (void)retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

void Child::signal(int number) const { ::kill(pid_, number); }

int Child::wait() {
  int status = 0;
  const bool ended = becomes_true([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
  if (!ended) return -1;
  pid_ = -1;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

Channel::Channel() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  read_ = UniqueFd(ends[0]);
  write_ = UniqueFd(ends[1]);
}

void Channel::say(const std::string& line) const {
  const std::string text = line + "\n";
  (void)retried([&] { return ::write(write_.get(), text.data(), text.size()); });
}

std::string Channel::hear(Milliseconds patience) {
  const Milliseconds until = monotonic_now() + patience;
  while (heard_.find('\n') == std::string::npos) {
    if (!readable(read_.get(), until - monotonic_now())) return "<silence>";
    char buffer[4096];
    const ssize_t got = retried([&] { return ::read(read_.get(), buffer, sizeof buffer); });
    if (got <= 0) return "<end>";
    heard_.append(buffer, static_cast<std::size_t>(got));
  }
  const std::size_t end = heard_.find('\n');
  std::string line = heard_.substr(0, end);
  heard_.erase(0, end + 1);
  return line;
}

bool becomes_true(const std::function<bool()>& condition) {
  const Milliseconds until = monotonic_now() + k_patience;
  while (!condition()) {
    if (monotonic_now() >= until) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

bool readable(int fd, Milliseconds patience) {
  pollfd one{fd, POLLIN, 0};
  const int timeout = patience.count() > 0 ? static_cast<int>(patience.count()) : 0;
  return retried([&] { return ::poll(&one, 1, timeout); }) > 0;
}

bool sleeps(pid_t pid) {
  const Result<ProcessStat> stat = read_process_stat(pid);
  return stat && (stat->state == 'S' || stat->state == 'D');
}

}  // namespace holdfast::os
