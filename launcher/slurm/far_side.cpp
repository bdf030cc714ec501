#include "slurm/far_side.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "attempt/records.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "batches/batch_run.hpp"
#include "launch/launch.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "os/signal/signals.hpp"
#include "output/output_relay.hpp"
#include "slurm/far_job.hpp"
#include "values/srun_words.hpp"

namespace holdfast::exec {
namespace {

constexpr std::string_view k_own_words = "holdfast: ";

// The name of this machine, as Slurm knows it.
std::string node_name() {
  for (const char* const name : {"SLURMD_NODENAME", "SLURM_NODENAME"}) {
    const std::string_view value = variable_in(environ, name);
    if (!value.empty()) return std::string(value);
  }
  utsname names{};
  (void)::uname(&names);
  return names.nodename;
}

// What the far side writes for the near one: frames on its stdout (values/srun_words.hpp), made
// of what the launcher and its test write into pipes.
class FarOutput {
 public:
  FarOutput() : out_(own_stdout()) {}

  // The pipes of the test's streams and of lines for people. To be called before the launcher is
  // forked. `one_stream`: stdout and stderr are one pipe.
  Result<void> open(bool one_stream) {
    HOLDFAST_TRY(test_, supervision::Capture::open(one_stream));
    HOLDFAST_TRY(lines_, supervision::Capture::open(true));
    return {};
  }

  // To be called in the launcher: makes the pipes its stdout and stderr, and closes all that is
  // ours. Returns its descriptor for lines for people.
  os::UniqueFd give_to_launcher() {
    ::dup2(test_.output(), STDOUT_FILENO);
    ::dup2(test_.errors(), STDERR_FILENO);
    out_.reset();
    test_ = {};
    os::UniqueFd lines(::fcntl(lines_.output(), F_DUPFD_CLOEXEC, 3));
    lines_ = {};
    return lines;
  }

  // To be called when the launcher is forked. Says that the far side has begun.
  void begin() {
    test_.close_writing();
    lines_.close_writing();
    // What a site prints before its tasks may end without a newline; srun would then wait for one.
    waiting_ += '\n';
    add_frames(FarChannel::started, {}, waiting_);
    write();
  }

  void join(os::Wait& wait) const {
    if (!waiting_.empty()) wait.on(out_.get(), POLLOUT);
    if (waiting_.size() > k_most_waiting) return;
    test_.join(wait);
    lines_.join(wait);
  }

  // Reads what is there and writes what srun takes. Never waits.
  void pass_on() {
    if (waiting_.size() <= k_most_waiting) read_pipes();
    write();
  }

  // Reads and writes what is left when the test has ended. Whoever still has the pipes open is not
  // waited for. Gives up when `slurmstepd` has ended.
  void take_rest(int slurmstepd) {
    // Who goes on writing must not keep us: the test's own output was in the pipes when it ended.
    std::size_t left = 3 * k_most_waiting;
    while (left > 0) {
      finish(slurmstepd);
      if (!read_pipes()) break;
      left -= std::min(left, waiting_.size());
    }
    test_ = {};
    lines_ = {};
  }

  // Writes all that is waiting; gives up when `slurmstepd` has ended.
  void finish(int slurmstepd) {
    write();
    while (!waiting_.empty()) {
      os::Wait wait{slurmstepd};
      wait.on(out_.get(), POLLOUT);
      wait.go();
      if (wait.news(slurmstepd) != 0) return give_up();
      write();
    }
  }

  // Says the record of the end, and that this was all.
  void end(std::string_view record, int slurmstepd) {
    add_frames(FarChannel::ended, record, waiting_);
    add_frames(FarChannel::ended, {}, waiting_);
    finish(slurmstepd);
  }

  // Nobody will ever read it.
  void give_up() {
    is_gone_ = true;
    waiting_.clear();
  }

 private:
  static constexpr std::size_t k_most_waiting = 1024UL * 1024;

  // slurmstepd shares the flags of our stdout, so it is opened again.
  static os::UniqueFd own_stdout() {
    os::UniqueFd again = without_blocking(STDOUT_FILENO);
    if (again.valid()) return again;
    return os::UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  }

  // False: nothing was there.
  bool read_pipes() {
    bool was_there = false;
    test_.read([&](Stream stream, std::string_view bytes) {
      was_there = true;
      add_frames(stream == Stream::output ? FarChannel::output : FarChannel::errors, bytes,
                 waiting_);
    });
    lines_.read([&](Stream, std::string_view bytes) {
      was_there = true;
      line_ += bytes;
    });
    while (line_.find('\n') != std::string::npos) {
      std::string_view rest = line_;
      std::string_view line = take_part(rest, '\n');
      if (line.starts_with(k_own_words)) line.remove_prefix(k_own_words.size());
      add_frames(FarChannel::said, line, waiting_);
      line_.erase(0, line_.size() - rest.size());
    }
    return was_there;
  }

  void write() {
    std::size_t done = 0;
    while (!is_gone_ && done < waiting_.size()) {
      const ssize_t count = os::retried(
          [&] { return ::write(out_.get(), waiting_.data() + done, waiting_.size() - done); });
      if (count < 0) {
        is_gone_ = errno != EAGAIN;
        break;
      }
      done += static_cast<std::size_t>(count);
    }
    if (is_gone_) done = waiting_.size();
    waiting_.erase(0, done);
  }

  os::UniqueFd out_;  // does not block if it can be helped
  supervision::Capture test_;
  supervision::Capture lines_;
  std::string waiting_;
  std::string line_;  // of people's lines, so far
  bool is_gone_ = false;
};

// Runs the one attempt. Its output goes to the pipes of the far side as it would go to ctest.
class FarRunner final : public supervision::AttemptRunner {
 public:
  FarRunner(const FarJob& job, std::string cases_file, int result)
      : job_(job), cases_file_(std::move(cases_file)), result_(result) {}

  bool is_plain() const override { return false; }

  supervision::AttemptResult run(const supervision::AttemptPlan& plan,
                                 supervision::Surroundings& around) override {
    if (plan.test->is_batch()) {
      OutputRelay relay = OutputRelay::for_log_of_reader(job_.log);
      return run_batch(plan, around, relay, job_.cases, cases_file_);
    }
    if (!plan.policy.hooks.any()) return supervision::run_attempt(plan, around);
    OutputRelay relay{std::string()};
    return run_captured(plan, around, relay);
  }

  std::optional<supervision::NextAttempt> conclude(
      const supervision::EndedAttempt& ended) override {
    (void)os::write_all(result_, to_text(ended.result));
    return std::nullopt;
  }

 private:
  const FarJob& job_;
  std::string cases_file_;  // for the records of a batch's cases
  int result_;
};

// The job's environment, with what Slurm and the site have set for this step.
std::vector<std::string> environment_of(const FarJob& job) {
  std::vector<std::string> entries = job.environment;
  for (char** own = environ; *own != nullptr; ++own) {
    const std::string_view name = name_in(*own);
    const auto same = [&](const std::string& entry) { return name_in(entry) == name; };
    const auto found = std::find_if(entries.begin(), entries.end(), same);
    if (found == entries.end()) {
      entries.emplace_back(*own);
    } else if (is_of_step(*own)) {
      *found = *own;
    }
  }
  return entries;
}

using supervision::AttemptResult;

// The near side is told that a request is seen within 200 ms.
constexpr Milliseconds k_look{100};

std::string architecture() {
  utsname names{};
  (void)::uname(&names);
  return names.machine;
}

class FarSide {
 public:
  FarSide(FarFiles files, FarJob job, os::SignalQueue signals, const os::CallersSignals& callers)
      : files_(std::move(files)),
        job_(std::move(job)),
        signals_(std::move(signals)),
        callers_(callers),
        node_(node_name()) {}

  int run() {
    if (Result<os::UniqueFd> watched = os::watch_parent(::getppid())) {
      slurmstepd_ = std::move(*watched);
    }
    const FarStart start{node_, HOLDFAST_VERSION, architecture()};
    if (const Result<void> put = files_.put(names::k_far_started_suffix, to_text(start)); !put) {
      supervision::write_line(to_text(put.error()));
      return 1;
    }
    if (const std::string why = obstacle(); !why.empty()) {
      output_.begin();
      return end(supervision::own_failure(ErrorInWords{why}));
    }
    // A launcher that is killed leaves its guard to us.
    (void)os::become_subreaper();
    const Result<void> started = start_launcher();
    output_.begin();
    if (!started) return end(supervision::own_failure(started.error()));
    while (!launcher_has_ended()) wait_for_news();
    if (!WIFEXITED(status_)) end_what_is_left();
    output_.take_rest(slurmstepd_.get());
    return end(result());
  }

 private:
  // Why the test cannot run here.
  std::string obstacle() const {
    if (job_.version != HOLDFAST_VERSION) {
      return text_of({"Holdfast on node ", node_, " is ", HOLDFAST_VERSION, ", expected ",
                      job_.version, " as beside ctest"});
    }
    if (::chdir(job_.directory.c_str()) != 0) {
      return to_text(
          os::system_error(text_of({"enter ", job_.directory, " on node ", node_}), errno));
    }
    return {};
  }

  // The launcher of the far side is a child that does all that a launcher beside ctest does for one
  // attempt, and says its result.
  Result<void> start_launcher() {
    HOLDFAST_DO(output_.open(job_.one_stream));
    HOLDFAST_TRY(result_, os::memory_file({}));
    (void)::fcntl(result_.get(), F_SETFD, FD_CLOEXEC);  // the test has no use for it
    const ProcessName own = os::own_name();
    launcher_ = ::fork();
    if (launcher_ < 0) return os::system_error("start the launcher of a test");
    if (launcher_ == 0) {
      be_launcher(own);
      ::_exit(0);
    }
    return {};
  }

  // In the child. If we are killed, the launcher itself leaves the record of the end.
  void be_launcher(const ProcessName& parent) {
    os::set_process_title(os::k_launcher_name, {os::k_launcher_title});
    std::vector<std::string> entries = environment_of(job_);
    std::vector<char*> arguments = os::pointers_to(job_.arguments);
    std::vector<char*> variables = os::pointers_to(entries);
    environ = variables.data();
    supervision::HandOver held;
    held.callers = callers_;
    held.grant = job_.grant;
    held.lines = output_.give_to_launcher();
    held.far = supervision::FarSide{parent, job_.n, job_.variables,
                                    files_.path(names::k_far_log_suffix), node_};
    FarRunner tests(job_, files_.path(names::k_far_cases_suffix), result_.get());
    supervision::StepRunner steps;  // build steps never run on a node
    supervision::AllNeeds needs;
    (void)supervision::go_on(arguments.data(), variables.data(), {tests, steps, needs.all},
                             std::move(held));
    if (::getppid() != parent.pid) {
      if (const Result<std::string> record = os::read_memory_file(result_.get())) {
        (void)files_.put(names::k_far_ended_suffix, *record);
      }
    }
  }

  // Reaps it if it has ended, and children that it has left to us.
  bool launcher_has_ended() {
    while (true) {
      const pid_t pid = os::retried([&] { return ::waitpid(-1, &status_, WNOHANG); });
      if (pid <= 0) return false;
      if (pid == launcher_) return true;
    }
  }

  void wait_for_news() {
    os::Wait wait{signals_.fd(), is_orphaned_ ? -1 : slurmstepd_.get()};
    output_.join(wait);
    const Milliseconds now = os::monotonic_now();
    if (now >= next_look_) {
      next_look_ = now + k_look;
      look_at_requests();
    }
    wait.until(next_look_);
    wait.go();
    output_.pass_on();
    read_signals();
    if (!is_orphaned_ && wait.news(slurmstepd_.get()) != 0) {
      is_orphaned_ = true;
      output_.give_up();
      end_for("slurmstepd was killed");
    }
  }

  void look_at_requests() {
    const std::vector<int> told = files_.told();
    for (; done_ < told.size(); ++done_) {
      const os::SignalSet bit = os::signal_bit(told[done_]);
      if ((bit & supervision::k_ending_signals) != 0) is_told_ = true;
      (void)::kill(launcher_, told[done_]);
    }
  }

  // Nobody but Slurm signals the task of a step: the allocation is over, or the step was cancelled.
  void read_signals() {
    constexpr os::SignalSet k_ending = supervision::k_ending_signals;
    while (const os::ReceivedSignal got = signals_.next()) {
      if ((os::signal_bit(got.number) & k_ending) != 0) end_for("Slurm ended its step");
    }
  }

  void end_for(const std::string& why) {
    if (is_told_ || !lost_.empty()) return;
    lost_ = why;
    (void)::kill(launcher_, SIGTERM);
  }

  // The guard ends the test within its grace. What is left then gets SIGKILL.
  void end_what_is_left() const {
    os::Unwatched nobody;
    (void)os::end_tree({SIGTERM, job_.grant.policy.grace, {}}, nobody);
  }

  AttemptResult result() const {
    const Result<std::string> told = os::read_memory_file(result_.get());
    Result<AttemptResult> result = far_result_in(told ? *told : std::string());
    if (!result) {
      result = supervision::own_failure(
          ErrorInWords{text_of({"its launcher on node ", node_,
                                WIFEXITED(status_) ? " could not begin" : " was killed"})});
    }
    if (lost_.empty()) return std::move(*result);
    result->observation.node_lost = true;
    result->note = lost_;
    return std::move(*result);
  }

  // The record of the end is in a file and in frames: slurmstepd may be killed, or the disk be
  // full.
  int end(const AttemptResult& result) {
    if (!is_orphaned_) output_.finish(slurmstepd_.get());
    const std::string record = to_text(result);
    (void)files_.put(names::k_far_ended_suffix, record);
    if (!is_orphaned_) output_.end(record, slurmstepd_.get());
    return 0;
  }

  FarFiles files_;
  FarJob job_;
  os::SignalQueue signals_;
  os::CallersSignals callers_;
  FarOutput output_;
  std::string node_;
  os::UniqueFd slurmstepd_;
  pid_t launcher_ = -1;
  int status_ = 0;            // how it ended
  os::UniqueFd result_;       // a file in memory that both have
  bool is_orphaned_ = false;  // slurmstepd has died
  bool is_told_ = false;      // the near side wants an end
  std::string lost_;          // why Slurm's side of the step is lost
  std::size_t done_ = 0;      // how many requests were passed on
  Milliseconds next_look_{0};
};

}  // namespace

bool is_far_side(char** arguments) {
  return arguments[1] != nullptr && arguments[1] == k_far_option && arguments[2] != nullptr;
}

int be_far_side(const std::string& job_file) {
  const os::CallersSignals callers = os::take_signals();
  Result<os::SignalQueue> signals = os::SignalQueue::open();
  FarFiles files = FarFiles::of_job(job_file);
  const Result<std::string> text = os::read_own(job_file, 16UL * 1024 * 1024);
  Result<FarJob> job = text ? far_job_in(*text) : Result<FarJob>(text.error());
  if (!signals || !job) {
    supervision::write_line(to_text(job ? signals.error() : job.error()));
    return 1;
  }
  (void)os::remove_own(job_file);  // it has secrets of the environment
  (void)os::fill_closed_streams(signals->descriptor());
  return FarSide(std::move(files), std::move(*job), std::move(*signals), callers).run();
}

}  // namespace holdfast::exec
