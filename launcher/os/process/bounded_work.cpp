// Hazards. The process that forks the runner may hold locks and descriptors of tests. So the runner
// first closes all that it does not need: a probe that hangs must keep no lock.

#include "os/process/bounded_work.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "base/program_identity.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"
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

struct BoundedPipes {
  int output = -1;  // for writing
  int errors = -1;  // -1: with the output
  int report = -1;  // SOCK_SEQPACKET; a hang-up: the parent died or does not wait
  int input = -1;   // for reading; -1: there is nothing to read
};

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
    Result<Pipe> said = make_pipe();
    if (!said || !become_subreaper()) return;
    work_ = ::fork();
    if (work_ == 0) be_work(order, said->write.get());
    said->write.reset();
    // If the command is executed, the pipe ends with nothing in it.
    int error = 0;
    if (wait_for(said->read.get(), until_) && ::read(said->read.get(), &error, sizeof error) > 0) {
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
    Wait wait({children_.get(), k_report}, until_);
    wait.go();
    if (wait.news(k_report) != 0) orphaned_ = true;
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

// The time that the runner has to end the tree and to report. After that we go on without the
// runner.
constexpr Milliseconds k_patience{500};
constexpr std::size_t k_most_errors = 4096;

bool watch(const UniqueFd& epoll, const UniqueFd& fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd.get();
  return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event) == 0;
}

// To be called in a freshly forked process. Never returns.
[[noreturn]] void be_bounded_runner(const BoundedOrder& order, const BoundedPipes& pipes) {
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

bool is_left_out(std::string_view variable) {
  constexpr std::array<std::string_view, 3> k_kept{
      "GIT_CONFIG_", "GIT_CEILING_DIRECTORIES=", "GIT_DISCOVERY_ACROSS_FILESYSTEM="};
  const auto begins = [&](std::string_view kept) { return variable.starts_with(kept); };
  return variable.starts_with("GIT_") && std::ranges::none_of(k_kept, begins);
}

// The first line that git printed on stderr, without the word before it.
std::string first_words(std::string_view errors) {
  std::string_view line = take_part(errors, '\n');
  for (const std::string_view word : {"fatal: ", "error: "}) {
    if (line.starts_with(word)) line.remove_prefix(word.size());
  }
  return brief(line);
}

}  // namespace

BoundedWork::BoundedWork(const BoundedOrder& order)
    : most_output_(order.most_output), deadline_(monotonic_now() + order.time + k_patience) {
  start(order);
}

BoundedWork::~BoundedWork() {
  report_.reset();
  // We do not wait for a runner that is still busy. It ends when it has ended what it started.
  if (runner_ > 0) (void)retried([&] { return ::waitpid(runner_, nullptr, done_ ? 0 : WNOHANG); });
}

void BoundedWork::fail(int error) {
  end_.code = error;
  done_ = true;
}

void BoundedWork::start(const BoundedOrder& order) {
  Result<Pipe> output = make_pipe();
  auto report = packet_pair();
  if (!output || !report) return fail(errno);
  output_ = std::move(output->read);
  report_ = std::move(report->first);
  if (order.errors_apart) {
    errors_ = UniqueFd(::memfd_create("errors", MFD_CLOEXEC));
    if (!errors_.valid()) return fail(errno);
  }
  UniqueFd input;
  if (!order.input.empty()) {
    Result<UniqueFd> file = memory_file(order.input);
    if (!file) return fail(errno);
    input = std::move(*file);
  }
  news_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!news_.valid() || !watch(news_, output_) || !watch(news_, report_)) return fail(errno);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  runner_ = ::fork();
  if (runner_ < 0) return fail(errno);
  if (runner_ == 0) {
    be_bounded_runner(order,
                      {output->write.get(), errors_.get(), report->second.get(), input.get()});
  }
}

void BoundedWork::read_output() {
  char part[16 * 1024];
  while (output_.valid()) {
    const auto got = retried([&] { return ::read(output_.get(), part, sizeof part); });
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return output_.reset();  // closing removes it from the epoll, too
    const auto size = static_cast<std::size_t>(got);
    const std::size_t room = most_output_ - std::min(most_output_, end_.output.size());
    end_.output.append(part, std::min(size, room));
    end_.output_cut = end_.output_cut || size > room;
  }
}

bool BoundedWork::read_report() {
  BoundedReport report;
  const auto got =
      retried([&] { return ::recv(report_.get(), &report, sizeof report, MSG_DONTWAIT); });
  if (got < 0 && errno == EAGAIN) return false;
  const bool is_whole = got == static_cast<ssize_t>(sizeof report);
  if (!is_whole) report = {BoundedEnd::Kind::signalled, SIGKILL};  // somebody killed the runner
  static_cast<BoundedReport&>(end_) = report;
  return true;
}

void BoundedWork::finish() {
  done_ = true;
  if (!errors_.valid()) return;
  end_.errors.resize(k_most_errors);
  const auto got = ::pread(errors_.get(), end_.errors.data(), k_most_errors, 0);
  end_.errors.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
}

bool BoundedWork::go_on() {
  if (done_) return true;
  read_output();
  if (read_report()) {
    // Nobody is left who could write, so this reads the rest of the output.
    read_output();
    finish();
  } else if (monotonic_now() >= deadline_) {
    end_.kind = BoundedEnd::Kind::too_late;
    finish();
    report_.reset();
    ::waitpid(runner_, nullptr, WNOHANG);
    runner_ = -1;
  }
  return done_;
}

void BoundedWork::join(Wait& wait) const {
  if (done_) return;
  wait.on(news_.get());
  wait.until(deadline_);
}

void await(const std::vector<BoundedWork*>& works) {
  while (true) {
    Wait wait;
    for (BoundedWork* work : works) {
      if (!work->go_on()) work->join(wait);
    }
    if (wait.descriptors().empty()) return;
    wait.go();
  }
}

BoundedEnd run_bounded(const BoundedOrder& order) {
  BoundedWork work(order);
  await({&work});
  return work.end();
}

std::string trouble_with(const std::string& command, const BoundedEnd& end) {
  std::string text = "`" + brief(command) + "` ";
  switch (end.kind) {
    case BoundedEnd::Kind::exited:
      if (end.code == 0) return {};
      text += "ended with exit code " + std::to_string(end.code);
      break;
    case BoundedEnd::Kind::signalled:
      text += "was killed by signal " + std::to_string(end.code);
      break;
    case BoundedEnd::Kind::too_late:
      text += "took too long";
      break;
    case BoundedEnd::Kind::not_started:
      return text + "could not be started: " + std::strerror(end.code);
  }
  const std::string_view lines = trimmed(end.output, "\n");
  const std::string_view line = lines.substr(lines.rfind('\n') + 1);  // npos + 1 is 0
  return line.empty() ? text : text + ": " + brief(line);
}

BoundedOrder git_order(const std::string& directory, const std::vector<std::string>& arguments,
                       Milliseconds time) {
  BoundedOrder order;
  order.words = {"git", "-c", "core.fsmonitor=false", "-C", directory};
  order.words.insert(order.words.end(), arguments.begin(), arguments.end());
  order.environment = own_environment();
  std::erase_if(order.environment, is_left_out);
  order.environment.insert(order.environment.end(),
                           {"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"});
  order.time = time;
  order.errors_apart = true;
  return order;
}

std::string trouble_with_git(const BoundedEnd& end, Milliseconds time) {
  switch (end.kind) {
    case BoundedEnd::Kind::not_started:
      if (end.code == ENOENT) return "git is not installed";
      return to_text(system_error("run git", end.code));
    case BoundedEnd::Kind::too_late:
      return "git gave no answer within " + describe(time);
    case BoundedEnd::Kind::signalled:
      return "git died of signal " + std::to_string(end.code);
    case BoundedEnd::Kind::exited:
      break;
  }
  if (end.code == 0) return {};
  const std::string words = first_words(end.errors);
  return words.empty() ? "git ended with exit code " + std::to_string(end.code) : "git: " + words;
}

Result<std::string> answer_of_git(BoundedEnd end, const BoundedOrder& order) {
  std::string trouble = trouble_with_git(end, order.time);
  if (!trouble.empty()) return ErrorInWords{std::move(trouble)};
  if (end.output_cut) {
    return ErrorInWords{"git printed more than " + describe_size(order.most_output)};
  }
  return std::move(end.output);
}

Result<std::string> ask_git(const BoundedOrder& order) {
  return answer_of_git(run_bounded(order), order);
}

}  // namespace holdfast::os
