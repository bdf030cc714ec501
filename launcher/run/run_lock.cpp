#include "run/run_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/names.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/log/log.hpp"
#include "run/enclosing_run.hpp"
#include "run/keeper_socket.hpp"
#include "run/run_lines.hpp"

namespace holdfast {

std::string describe_run(const LockParty& run, std::int64_t now_unix_ms) {
  return "\"" + run.test + "\" (pid " + std::to_string(run.process.pid) + ", for " +
         describe(Milliseconds{now_unix_ms - run.since_unix_ms}) + ")";
}

std::string describe_run_obstacle(const LockObstacles& obstacles, LockMode wanted,
                                  std::int64_t now_unix_ms) {
  const std::vector<LockParty>& holders = obstacles.holders;
  if (holders.empty()) return "a process that left no record";
  const bool could_share = wanted == LockMode::shared && holders.front().mode == LockMode::shared;
  if (could_share && !obstacles.before.empty()) {
    return describe_run(obstacles.before.front(), now_unix_ms) + ", which waits for it, too";
  }
  return describe_run(holders.front(), now_unix_ms) + and_more(holders.size() - 1);
}

bool names_tree(const LockParty& run, std::string_view tree) {
  // A record may hold only the beginning of a longer path (values/held_locks.hpp).
  constexpr std::size_t k_surely_whole = 256;
  if (run.tree.size() < k_surely_whole) return run.tree == tree;
  return tree.starts_with(run.tree);
}

bool is_among(const std::vector<LockParty>& parties, const LockParty& one) {
  return std::ranges::any_of(parties, [&](const LockParty& party) {
    return party.process == one.process && party.boot == one.boot;
  });
}

Result<os::LockRequest> open_tree_lock(const std::string& tree, std::string_view directory,
                                       const LockSpec& spec, const LockLevel& level) {
  constexpr unsigned k_owner_may_write = 0600;
  constexpr unsigned k_others_as_in_tree = 0066;
  struct stat info {};
  if (::stat(tree.c_str(), &info) != 0) return os::system_error("open " + tree);
  const std::string path = tree + "/" + std::string(directory);
  const std::string above = path.substr(0, path.rfind('/'));
  HOLDFAST_DO(os::make_own_directories(above, 0755));
  Result<os::UniqueFd> files = os::open_own_directory(path);
  if (!files && errno == ENOENT) {
    HOLDFAST_TRY(const os::UniqueFd own, os::open_own_directory(above));
    // With exactly this mode, whatever the umask is.
    const std::string name = path.substr(above.size() + 1);
    files = os::open_below(own, name, info.st_mode & 0777U);
  }
  if (!files) return files.error();
  return os::LockRequest::open_in(std::move(*files), spec,
                                  k_owner_may_write | (info.st_mode & k_others_as_in_tree), level);
}

namespace {

// With SecondRun::refuse, a ctest that has ended is no reason to refuse: its keeper has this long
// to tidy up.
constexpr Milliseconds k_tidying_patience{10'000};
constexpr std::size_t k_longest_file_of_tests = 1024 * 1024;
// More than the kernel allows a command line.
constexpr std::size_t k_longest_command = 8 * 1024 * 1024;
// While we wait for an orphaned run (its keeper was killed), we check this often whether its ctest
// waits for the tree too. No event tells us.
constexpr Milliseconds k_orphan_interval{250};

Result<os::LockRequest> open_lock(const std::string& tree, const std::string& level, TreeUse use) {
  const LockMode mode = use == TreeUse::shared ? LockMode::shared : LockMode::exclusive;
  return open_tree_lock(tree, names::k_run_lock_directory,
                        {.name = "run", .mode = mode, .scope = LockScope::build}, {level, {}});
}

std::string shown_command_of(pid_t pid) {
  constexpr std::size_t k_most_shown = 300;
  const std::string line = os::command_line_of(pid, k_most_shown);
  return line.empty() ? "ctest" : line;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : TextParts{text, '\n'}) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

class RunLockWait {
 public:
  RunLockWait(const RunLockOrder& order, SecondRun second, os::LockRequest request)
      : order_(order), second_(second), request_(std::move(request)) {}

  Result<RunLock> run() {
    Result<bool> had = request_.try_take();
    while (had && !*had) {
      HOLDFAST_TRY(const bool taken, wait_for_turn());
      if (goes_without()) return RunLock{};
      had = taken ? Result<bool>(true) : request_.try_take();
    }
    if (!had) return without(order_.tree, had.error());
    HOLDFAST_DO(wait_for_orphaned_runs());
    if (goes_without()) return RunLock{};
    if (told_ > 0) say("this build tree is free after " + describe(waited()));
    request_.sign(self());
    // We look for other runs after we have signed. So if two runs come at once, at least one sees
    // the other.
    meets_another_ = order_.use == TreeUse::shared && may_meet_one_of(request_.holders());
    if (meets_another_) {
      os::erase(request_.descriptors().front(), os::RecordList::holders, order_.ctest);
      return RunLock{};
    }
    RunLock lock;
    lock.held.emplace(std::move(request_));
    lock.use = order_.use;
    return lock;
  }

  // Returns the run that has the tree and that we are inside; run() has taken no lock then. Empty:
  // we are inside no such run.
  const std::string& around() const { return around_; }
  // True: run() has taken no lock, because another run that shares the tree may run one of our
  // tests, or knows the tree by another path.
  bool meets_another() const { return meets_another_; }

  static RunLock without(const std::string& tree, const Error& error) {
    RunLock lock;
    lock.warning = "ignoring that another run may be at work in " + tree + ": " + to_text(error);
    return lock;
  }

 private:
  bool goes_without() const { return !around_.empty() || is_circle_ended_; }

  // Waits in the queue while a living keeper holds the lock. True: the lock is taken.
  Result<bool> wait_for_turn() {
    const std::vector<LockParty> holders = request_.holders();
    if (is_inside_one_of(holders)) return false;
    if (second_ == SecondRun::refuse && (holders.empty() || !has_ended(holders.front()))) {
      return refusal();
    }
    begin_waiting();
    HOLDFAST_DO(request_.start_waiting());
    HOLDFAST_DO(wait_for(request_.ready_fd()));
    return is_circle_ended_ ? Result<bool>(false) : request_.finish_waiting();
  }

  bool is_inside_one_of(const std::vector<LockParty>& runs) {
    for (const LockParty& run : runs) {
      around_ = run_around_us(order_.tree, run.process, run.boot);
      if (!around_.empty()) return true;
    }
    return false;
  }

  bool may_meet_one_of(const std::vector<LockParty>& runs) const {
    return std::ranges::any_of(runs, [&](const LockParty& run) {
      if (!names_tree(run, order_.tree)) return true;
      if (order_.selection.is_whole()) return false;
      const bool is_known = run.boot == boot_;
      return !is_known ||
             may_meet(order_.selection, selection_of(run.process, order_.ctest_version));
    });
  }

  // We have the lock, but a run whose keeper was killed may still have the tree.
  Result<void> wait_for_orphaned_runs() {
    const std::vector<LockParty> signatories = request_.signatories();
    // The signatories are read first. If the holders were read first, a run that comes in between
    // would seem to have no keeper.
    const std::vector<LockParty> beside_us = request_.holders();
    for (const LockParty& party : signatories) {
      if (party.process == order_.ctest || party.boot != boot_) continue;
      if (is_among(beside_us, party)) continue;
      if (waits_itself(party)) continue;
      // Usually `party` is the run before us, and its ctest has ended. We need not wait for such a
      // run, and we cannot be inside it.
      const Result<os::UniqueFd> other = os::watch_process(party.process);
      if (!other) continue;
      around_ = run_around_us(order_.tree, party.process, party.boot);
      if (!around_.empty()) return {};
      if (second_ == SecondRun::refuse) return refusal(party);
      orphaned_ = party;
      begin_waiting();
      HOLDFAST_DO(wait_for(other->get()));
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
    const ErrorInWords ended("ctest ended while it waited for its build tree");
    const Result<os::UniqueFd> ctest = os::watch_process(order_.ctest);
    if (!ctest) return ended;
    while (true) {
      // The first line comes only after a moment: often the keeper of a ctest that has just ended
      // is still tidying up.
      os::Wait wait({fd, ctest->get()}, start_ + next_telling(told_));
      if (nested_) wait.until(start_ + nested_->next());
      if (orphaned_) wait.until(os::monotonic_now() + k_orphan_interval);
      wait.go();
      if (wait.news(ctest->get()) != 0) return ended;
      if (wait.news(fd) != 0) return {};
      if (orphaned_ && waits_itself(*orphaned_)) return {};
      if (waited() >= next_telling(told_)) tell();
      if (ends_circle()) return {};
      if (second_ == SecondRun::refuse && waited() >= k_tidying_patience) return refusal();
    }
  }

  // Returns whether we have ended a circle of waits by no longer waiting. Our run then goes on
  // beside the other run in the tree. Plain ctest allows that too, and a wait without end is worse.
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

  // True: the orphaned run is of a `ctest -S` script that waits for the tree again, for its next
  // ctest_test(). The orphaned run is over then. If we went on waiting for the script's ctest, it
  // and we would wait for each other.
  bool waits_itself(const LockParty& orphaned) const {
    return is_among(request_.waiters(), orphaned);
  }

  // A process of another PID namespace cannot be looked up, so it must not be taken for dead.
  static bool has_ended(const LockParty& holder) {
    return holder.boot == os::numbering_id() && !os::is_alive(holder.process);
  }

  Error refusal() const {
    const std::vector<LockParty> holders = request_.holders();
    if (!holders.empty()) return refusal(holders.front());
    return ErrorInWords{
        "this build tree is taken by another run; expected it free (runs = \"refuse\")"};
  }

  static Error refusal(const LockParty& holder) {
    return ErrorInWords{"this build tree is taken by " + describe_run(holder, os::unix_now_ms()) +
                        "; expected it free (runs = \"refuse\")"};
  }

  // The keeper of a ctest that has ended gives the tree back, unless the keeper is stopped. This
  // function continues (SIGCONT) a stopped keeper.
  static void continue_keeper(const LockParty& holder) {
    if (!has_ended(holder)) return;
    (void)os::continue_peer(connect_to_keeper(holder.process, k_probe_patience).socket.get());
  }

  // A ctest whose keeper is gone or stopped may wait for the output of a test that nobody looks
  // after any more.
  void look_after_other() {
    if (!order_.look_after_other) return;
    const OtherKeeper keeper = orphaned_ ? OtherKeeper::killed : OtherKeeper::there;
    if (const std::string line = order_.look_after_other(keeper); !line.empty()) say(line);
  }

  void tell() {
    look_after_other();
    std::string line =
        told_ == 0 ? "waiting for this build tree, taken by "
                   : "still waiting (" + describe(waited()) + ") for this build tree, taken by ";
    if (orphaned_) {
      line += describe_run(*orphaned_, os::unix_now_ms()) + ", whose keeper is gone";
    } else {
      for (const LockParty& holder : request_.holders()) continue_keeper(holder);
      line += describe_run_obstacle(request_.obstacles(), request_.spec().mode, os::unix_now_ms());
      if (told_ == 0 && second_ != SecondRun::share)
        line += "; with runs = \"share\" in holdfast.toml, runs go on beside one another";
    }
    say(line);
    ++told_;
  }

  void say(const std::string& line) {
    os::log(LogLevel::info, {line});
    write_live_line(open_stderr_of(order_.ctest), said_line(line, Layout::folded));
  }

  Milliseconds waited() const { return os::monotonic_now() - start_; }

  LockParty self() const {
    return {.process = order_.ctest,
            .boot = boot_,
            .test = shown_command_of(order_.ctest.pid),
            .tree = order_.tree,
            .since_unix_ms = os::unix_now_ms()};
  }

  const RunLockOrder& order_;
  SecondRun second_;
  os::LockRequest request_;
  std::string boot_ = os::numbering_id();
  Milliseconds start_ = os::monotonic_now();
  unsigned told_ = 0;
  std::string around_;
  bool meets_another_ = false;
  std::optional<LockParty> orphaned_;
  std::optional<NestedWait> nested_;
  bool is_circle_ended_ = false;
};

std::string lock_path(const std::string& tree) {
  return tree + "/" + std::string(names::k_run_lock_directory) + "/" +
         std::string(names::k_lock_file);
}

// Opens the lock to read its records; read access is enough for that. The lock is not taken,
// because a run that wants the tree at this moment must get it. Invalid: there is no lock. Fails if
// a lock may exist that we cannot open.
Result<os::UniqueFd> open_to_look(const std::string& tree, int access) {
  Result<os::UniqueFd> lock = os::open_own(lock_path(tree), access);
  if (lock) return lock;
  if (errno != ENOENT && errno != ENOTDIR) return os::system_error("open " + lock_path(tree));
  return os::UniqueFd();
}

}  // namespace

Result<bool> is_tree_taken(const std::string& tree) {
  // The caller tidies the tree, and needs the right to write to it.
  HOLDFAST_TRY(const os::UniqueFd lock, open_to_look(tree, O_RDWR));
  return lock.valid() && os::count_living(lock.get(), os::RecordList::holders) > 0;
}

std::optional<bool> has_tree(const ProcessName& ctest, std::string_view numbering,
                             const std::string& tree) {
  const Result<os::UniqueFd> lock = open_to_look(tree, O_RDONLY);
  if (!lock) return std::nullopt;
  if (!lock->valid()) return false;
  return is_among(os::living_records(lock->get(), os::RecordList::holders),
                  {ctest, std::string(numbering), {}, {}});
}

void forget_run(const os::UniqueFd& lock, const ProcessName& ctest) {
  os::erase(lock.get(), os::RecordList::holders, ctest);
}

void give_back(RunLock& lock, const ProcessName& ctest) {
  if (!lock.held) return;
  os::erase(lock.held->descriptors().front(), os::RecordList::holders, ctest);
  lock.held.reset();
}

CtestSelection selection_of(const ProcessName& ctest, std::string_view ctest_version) {
  CtestSelection selection =
      ctest_selection(os::command_of(ctest.pid, k_longest_command), ctest_version);
  if (!os::is_alive(ctest)) return {};
  if (selection.by != CtestSelection::By::file) return selection;
  // We cannot resolve a relative path: ctest has left its start directory, and the path of that
  // directory may lead through a link.
  const std::string& path = selection.tests.front();
  if (!path.starts_with('/')) return {};
  const Result<std::string> text = os::read_file(path, k_longest_file_of_tests);
  if (!text || text->size() == k_longest_file_of_tests) return {};
  return {CtestSelection::By::names, lines_of(*text)};
}

Result<RunLock> take_run_lock(const RunLockOrder& asked, SecondRun second) {
  RunLockOrder order = asked;
  if (second == SecondRun::allow) return RunLock{};
  // The level is named after the outer run, not after its attempt. So two tests of that run that
  // both run ctest exclude each other.
  std::string level = HeldLocks(order.held).level_of(run_place(order.tree));
  level = level.substr(0, level.rfind('.'));
  while (true) {
    Result<os::LockRequest> request = open_lock(order.tree, level, order.use);
    if (!request) return RunLockWait::without(order.tree, request.error());
    RunLockWait wait(order, second, std::move(*request));
    Result<RunLock> lock = wait.run();
    if (wait.meets_another()) {
      // We have let the lock go, and now wait for it: a lock cannot be made exclusive while it is
      // held.
      order.use = TreeUse::alone;
      order.selection = {};
      continue;
    }
    if (wait.around().empty() || wait.around() == level) {
      if (lock) lock->inside_another = !level.empty();
      return lock;
    }
    level = wait.around();  // the environment did not say that we are inside this run
  }
}

}  // namespace holdfast
