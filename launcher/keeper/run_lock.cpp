#include "keeper/run_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/held_locks.hpp"
#include "core/lock_place.hpp"
#include "core/names.hpp"
#include "keeper/enclosing_run.hpp"
#include "keeper/live_lines.hpp"
#include "keeper/nested_wait.hpp"
#include "os/clock.hpp"
#include "os/file_text.hpp"
#include "os/process.hpp"
#include "os/system_call.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast {
namespace {

// Whoever may write to the tree may take it.
constexpr unsigned k_owner_may_write = 0600;
constexpr unsigned k_others_as_in_tree = 0066;
// A ctest that has ended is no run to be refused for: its keeper has this long to tidy up.
constexpr Milliseconds k_tidying_patience{10'000};

Result<os::LockRequest> open_lock(const std::string& tree, const std::string& level) {
  const os::UniqueFd top(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!top.valid() || ::fstat(top.get(), &info) != 0) return os::system_error("open " + tree);
  Result<os::UniqueFd> own = os::open_below(top, std::string(names::k_tree_directory), 0755);
  if (!own) return own.error();
  const std::string name(names::k_run_lock_directory.substr(names::k_tree_directory.size() + 1));
  Result<os::UniqueFd> directory = os::open_below(*own, name, info.st_mode & 0777U);
  if (!directory) return directory.error();
  LockSpec spec;
  spec.name = "run";
  spec.scope = LockScope::build;
  return os::LockRequest::open_in(std::move(*directory), spec,
                                  k_owner_may_write | (info.st_mode & k_others_as_in_tree),
                                  {level, {}});
}

std::string command_line_of(pid_t pid) {
  constexpr std::size_t k_most_shown = 300;
  std::string line;
  for (const std::string& word : os::command_of(pid, k_most_shown)) {
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line.empty() ? "ctest" : line;
}

class RunLockWait {
 public:
  RunLockWait(const RunLockOrder& order, SecondRun second, os::LockRequest request)
      : order_(order), second_(second), request_(std::move(request)) {}

  Result<RunLock> run() {
    Result<bool> had = request_.try_take();
    while (had && !*had) {
      if (Result<void> free = wait_for_turn(); !free) return free.error();
      if (goes_without()) return RunLock{};
      had = taken_ ? Result<bool>(true) : request_.try_take();
    }
    if (!had) return without(order_.tree, had.error());
    if (Result<void> alone = wait_for_orphaned_runs(); !alone) return alone.error();
    if (goes_without()) return RunLock{};
    if (told_ > 0) say("this build tree is free after " + describe(waited()));
    request_.sign(self());
    RunLock lock;
    lock.held.emplace(std::move(request_));
    return lock;
  }

  // Not empty: nothing was taken, for we are part of that run, which has the tree.
  const std::string& around() const { return around_; }

  static RunLock without(const std::string& tree, const Error& error) {
    RunLock lock;
    lock.warning =
        "ignoring that another run may be at work in " + tree + ": failed to " + error.message;
    return lock;
  }

 private:
  bool goes_without() const { return !around_.empty() || is_circle_ended_; }

  // The queue, behind a keeper that lives.
  Result<void> wait_for_turn() {
    const std::vector<LockParty> holders = request_.holders();
    if (!holders.empty()) {
      around_ = run_around_us(order_.tree, holders.front().process);
      if (!around_.empty()) return {};
      if (second_ == SecondRun::refuse && !has_ended(holders.front())) {
        return refusal(holders.front());
      }
    } else if (second_ == SecondRun::refuse) {
      return refusal();
    }
    begin_waiting();
    if (Result<void> started = request_.start_waiting(); !started) return started;
    if (Result<void> ready = wait_for(request_.ready_fd()); !ready) return ready;
    if (is_circle_ended_) return {};
    const Result<bool> had = request_.finish_waiting();
    if (!had) return had.error();
    taken_ = *had;
    return {};
  }

  // We have the lock; a run whose keeper was killed may have the tree all the same.
  Result<void> wait_for_orphaned_runs() {
    for (const LockParty& party : request_.signatories()) {
      if (party.process == order_.ctest || party.boot != os::numbering_id()) continue;
      // Usually the last run's, which has ended: nobody waits for it, nor is inside it.
      const Result<os::UniqueFd> other = os::watch_process(party.process);
      if (!other) continue;
      around_ = run_around_us(order_.tree, party.process);
      if (!around_.empty()) return {};
      if (second_ == SecondRun::refuse) return refusal(party);
      orphaned_ = party;
      begin_waiting();
      if (Result<void> ended = wait_for(other->get()); !ended) return ended;
      if (is_circle_ended_) return {};
      request_.withdraw_waiting();
      orphaned_.reset();
    }
    return {};
  }

  void begin_waiting() {
    LockParty waiter = self();
    waiter.since_unix_ms -= waited().count();
    waiter.around = HeldLocks(order_.held).attempts();
    waiter.ticket = request_.ticket();
    request_.sign_waiting(waiter);
    nested_ = NestedWait::begin(waiter);
  }

  Result<void> wait_for(int fd) {
    const Result<os::UniqueFd> ctest = os::watch_process(order_.ctest);
    if (!ctest) return Error{"ctest ended while it waited for its build tree"};
    while (true) {
      pollfd fds[2] = {{fd, POLLIN, 0}, {ctest->get(), POLLIN, 0}};
      // The first line comes after a moment: the keeper of a ctest that has just ended still
      // tidies up.
      Milliseconds next = start_ + next_telling(told_) - os::monotonic_now();
      if (nested_) next = std::min(next, start_ + nested_->next() - os::monotonic_now());
      ::poll(fds, 2, static_cast<int>(std::max<std::int64_t>(next.count(), 0)));
      if (fds[1].revents != 0) return Error{"ctest ended while it waited for its build tree"};
      if (fds[0].revents != 0) return {};
      if (waited() >= next_telling(told_)) tell();
      if (ends_circle()) return {};
      if (second_ == SecondRun::refuse && waited() >= k_tidying_patience) return refusal();
    }
  }

  // Two runs in one tree are what plain ctest would have here; nobody's end would be worse.
  bool ends_circle() {
    if (!nested_ || waited() < nested_->next()) return false;
    const std::string circle = nested_->look(waited());
    if (circle.empty()) return false;
    say("this run goes on beside the one that has this build tree, for which it would wait for "
        "ever: " +
        circle);
    is_circle_ended_ = true;
    return true;
  }

  // A process of another PID namespace cannot be looked up, nor taken for dead.
  static bool has_ended(const LockParty& holder) {
    return holder.boot == os::numbering_id() && !os::is_alive(holder.process);
  }

  Error refusal() const {
    const std::vector<LockParty> holders = request_.holders();
    if (!holders.empty()) return refusal(holders.front());
    return Error{"this build tree is taken by another run; expected it free (runs = \"refuse\")"};
  }

  static Error refusal(const LockParty& holder) {
    return Error{"this build tree is taken by " + describe_run(holder) +
                 "; expected it free (runs = \"refuse\")"};
  }

  static std::string describe_run(const LockParty& holder) {
    return "\"" + holder.test + "\" (pid " + std::to_string(holder.process.pid) + ", for " +
           describe(Milliseconds{os::unix_now_ms() - holder.since_unix_ms}) + ")";
  }

  void tell() {
    std::string line =
        told_ == 0 ? "waiting for this build tree, taken by "
                   : "still waiting (" + describe(waited()) + ") for this build tree, taken by ";
    const std::vector<LockParty> holders = request_.holders();
    if (orphaned_) {
      line += describe_run(*orphaned_) + ", whose keeper is gone";
    } else if (!holders.empty()) {
      line += describe_run(holders.front());
    } else {
      line += "a process that left no record";
    }
    say(line);
    ++told_;
  }

  void say(const std::string& line) {
    write_live_line(open_stderr_of(order_.ctest), line);
  }

  Milliseconds waited() const { return os::monotonic_now() - start_; }

  LockParty self() const {
    LockParty party;
    party.process = order_.ctest;
    party.boot = os::numbering_id();
    party.test = command_line_of(order_.ctest.pid);
    party.tree = order_.tree;
    party.since_unix_ms = os::unix_now_ms();
    return party;
  }

  const RunLockOrder& order_;
  SecondRun second_;
  os::LockRequest request_;
  Milliseconds start_ = os::monotonic_now();
  unsigned told_ = 0;
  bool taken_ = false;
  std::string around_;
  std::optional<LockParty> orphaned_;
  std::optional<NestedWait> nested_;
  bool is_circle_ended_ = false;
};

}  // namespace

bool is_tree_taken(const std::string& tree) {
  const std::string path =
      tree + "/" + std::string(names::k_run_lock_directory) + "/" + std::string(names::k_lock_file);
  const os::UniqueFd lock(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  return lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

Result<RunLock> take_run_lock(const RunLockOrder& order, SecondRun second) {
  if (second == SecondRun::allow) return RunLock{};
  // Of the run around us, not of its attempt: two tests that both run ctest exclude one another.
  std::string level = HeldLocks(order.held).level_of(run_place(order.tree));
  level = level.substr(0, level.rfind('.'));
  while (true) {
    Result<os::LockRequest> request = open_lock(order.tree, level);
    if (!request) return RunLockWait::without(order.tree, request.error());
    RunLockWait wait(order, second, std::move(*request));
    Result<RunLock> lock = wait.run();
    if (wait.around().empty() || wait.around() == level) {
      if (lock) lock->inside_another = !level.empty();
      return lock;
    }
    level = wait.around();  // the environment did not say that we are inside it
  }
}

}  // namespace holdfast
