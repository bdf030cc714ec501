// Hazards. The process that forks the runner may hold locks and descriptors of tests. So the runner
// first closes all that it does not need: a probe that hangs must keep no lock.
#include "os/process/bounded_runner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "os/file/clock.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "os/process/execute.hpp"
#include "os/process/process_tree.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {
namespace {

// The time between SIGTERM and SIGKILL for work that took too long.
constexpr Milliseconds k_grace{100};
constexpr int k_exec_failed = 127;

// The three descriptors that the runner needs get these numbers.
constexpr int k_output = 3;
constexpr int k_errors = 4;
constexpr int k_report = 5;

void keep_only(const BoundedPipes& pipes) {
  // The copies are made above the final numbers, so that none overwrites another.
  const int wanted[] = {pipes.output, pipes.errors >= 0 ? pipes.errors : pipes.output,
                        pipes.report};
  int copies[std::size(wanted)];
  for (std::size_t i = 0; i < std::size(wanted); ++i) {
    copies[i] = ::fcntl(wanted[i], F_DUPFD_CLOEXEC, k_report + 1);
    if (copies[i] < 0) ::_exit(k_exec_failed);
  }
  if (pipes.input >= 0) ::dup2(pipes.input, STDIN_FILENO);
  for (std::size_t i = 0; i < std::size(wanted); ++i) {
    ::dup3(copies[i], k_output + static_cast<int>(i), O_CLOEXEC);
  }
  ::close_range(k_report + 1, ~0U, 0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (pipes.input < 0) ::dup2(null, STDIN_FILENO);
  for (int fd : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
  if (null > STDERR_FILENO) ::close(null);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// If the command cannot be executed, writes errno to the descriptor `failure`.
[[noreturn]] void be_work(const BoundedOrder& order, int failure) {
  ::dup2(k_output, STDOUT_FILENO);
  ::dup2(k_errors, STDERR_FILENO);
  // A command starts with the settings that a shell would give it.
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  give_back_signals(CallersSignals{});
  if (order.work) {
    ::close(failure);
    const Result<std::string> result = order.work();
    (void)write_all(STDOUT_FILENO, result ? *result : to_text(result.error()));
    ::_exit(result ? 0 : 1);
  }
  const bool there = order.directory.empty() || ::chdir(order.directory.c_str()) == 0;
  if (there) execute(pointers_to(order.words).data(), pointers_to(order.environment).data());
  const int error = errno;
  (void)::write(failure, &error, sizeof error);
  ::_exit(k_exec_failed);
}

class Runner final : public TreeWatcher {
 public:
  explicit Runner(const BoundedOrder& order) : until_(monotonic_now() + order.time) {
    children_ = watch_children();
    int ends[2];
    if (!become_subreaper() || ::pipe2(ends, O_CLOEXEC) != 0) return;
    const UniqueFd said(ends[0]);
    UniqueFd saying(ends[1]);
    work_ = ::fork();
    if (work_ == 0) be_work(order, saying.get());
    saying.reset();
    // If the command is executed, the pipe ends with nothing in it.
    pollfd word{said.get(), POLLIN, 0};
    (void)retried([&] { return ::poll(&word, 1, poll_time(until_)); });
    int error = 0;
    if ((word.revents & POLLIN) != 0 && ::read(said.get(), &error, sizeof error) > 0) {
      not_started_ = error;
    }
  }

  BoundedReport run() {
    if (work_ < 0) return {BoundedEnd::Kind::not_started, EAGAIN};
    while (!ended_ && !orphaned_ && monotonic_now() < until_) wait();
    const bool too_late = !ended_;
    EndOrder order;
    order.first_signal = SIGTERM;
    order.grace = too_late && !orphaned_ ? k_grace : Milliseconds{0};
    end_tree(order, *this);
    if (not_started_ != 0) return {BoundedEnd::Kind::not_started, not_started_};
    if (too_late) return {BoundedEnd::Kind::too_late, 0};
    if (WIFSIGNALED(status_)) return {BoundedEnd::Kind::signalled, WTERMSIG(status_)};
    return {BoundedEnd::Kind::exited, WEXITSTATUS(status_)};
  }

  void on_reaped(pid_t pid, int status) override {
    if (pid != work_) return;
    ended_ = true;
    status_ = status;
  }
  int hurry_fd() override { return k_report; }
  bool hurries() override {
    orphaned_ = true;
    return true;
  }

 private:
  void wait() {
    pollfd fds[] = {{children_.get(), POLLIN, 0}, {k_report, POLLIN, 0}};
    (void)::poll(fds, std::size(fds), poll_time(until_));
    if (fds[1].revents != 0) orphaned_ = true;
    hear_of_children(children_);
    reap(*this, {});
  }

  UniqueFd children_;
  Milliseconds until_;
  pid_t work_ = -1;
  int status_ = 0;
  int not_started_ = 0;
  bool ended_ = false;
  bool orphaned_ = false;
};

}  // namespace

void be_bounded_runner(const BoundedOrder& order, const BoundedPipes& pipes) {
  // A session of its own keeps out signals for our parent's group or terminal.
  ::setsid();
  (void)take_signals();
  keep_only(pipes);
  Runner runner(order);
  // The work has its own copies, so the reader sees the end of its output when the work ends.
  ::close(k_output);
  ::close(k_errors);
  const BoundedReport report = runner.run();
  (void)retried([&] { return ::send(k_report, &report, sizeof report, MSG_NOSIGNAL); });
  ::_exit(0);
}

}  // namespace holdfast::os
