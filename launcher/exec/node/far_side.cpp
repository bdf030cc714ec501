#include "exec/node/far_side.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "core/base/parts.hpp"
#include "core/far/srun_words.hpp"
#include "exec/far/far_files.hpp"
#include "exec/far/far_job.hpp"
#include "exec/far/far_result.hpp"
#include "exec/node/far_launcher.hpp"
#include "exec/node/far_output.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "os/signal/signal_queue.hpp"
#include "supervision/attempt/attempt_result.hpp"

namespace holdfast::exec {
namespace {

using supervision::AttemptResult;

// The near side is told that a request is seen within 200 ms.
constexpr Milliseconds k_look{100};

std::string architecture() {
  utsname names{};
  return ::uname(&names) == 0 ? names.machine : "";
}

// Reaps what is left, without news.
class Quiet final : public os::TreeWatcher {
 public:
  void on_reaped(pid_t /*pid*/, int /*status*/) override {}
  int hurry_fd() override { return -1; }
  bool hurries() override { return false; }
};

class FarSide {
 public:
  FarSide(FarFiles files, FarJob job, os::SignalQueue signals, const os::CallersSignals& callers)
      : files_(std::move(files)),
        job_(std::move(job)),
        signals_(std::move(signals)),
        callers_(callers),
        node_(node_name()) {}

  int run() {
    if (const pid_t parent = ::getppid(); parent > 1) {
      if (Result<os::UniqueFd> watched = os::watch_parent(parent))
        slurmstepd_ = std::move(*watched);
    }
    const FarStart start{node_, HOLDFAST_VERSION, architecture()};
    if (const Result<void> put = files_.put_started(to_text(start)); !put) {
      supervision::write_line(to_text(put.error()));
      return 1;
    }
    if (const std::string why = obstacle(); !why.empty()) {
      output_.begin();
      return end(supervision::own_failure(ErrorInWords{why}));
    }
    // A launcher that is killed leaves its guard to us.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    Result<FarLauncher> launcher = FarLauncher::start(job_, files_, callers_, output_);
    output_.begin();
    if (!launcher) return end(supervision::own_failure(launcher.error()));
    while (!launcher->has_ended()) wait_for_news(*launcher);
    if (!launcher->ended_well()) end_what_is_left();
    output_.take_rest(slurmstepd_.get());
    return end(result_of(*launcher));
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

  void wait_for_news(FarLauncher& launcher) {
    std::vector<pollfd> fds;
    fds.push_back({signals_.fd(), POLLIN, 0});
    fds.push_back({is_orphaned_ ? -1 : slurmstepd_.get(), POLLIN, 0});
    output_.add_descriptors(fds);
    const Milliseconds now = os::monotonic_now();
    if (now >= next_look_) {
      next_look_ = now + k_look;
      look_at_requests(launcher);
    }
    ::poll(fds.data(), fds.size(), os::poll_time(next_look_));
    output_.pass_on();
    read_signals(launcher);
    if (!is_orphaned_ && fds[1].revents != 0) {
      is_orphaned_ = true;
      output_.give_up();
      end_for("slurmstepd was killed", launcher);
    }
  }

  void look_at_requests(FarLauncher& launcher) {
    const std::vector<int> told = files_.told();
    for (; done_ < told.size(); ++done_) {
      const os::SignalSet bit = os::signal_bit(told[done_]);
      if ((bit & supervision::k_ending_signals) != 0) is_told_ = true;
      launcher.send(told[done_]);
    }
  }

  // Nobody but Slurm signals the task of a step: the allocation is over, or the step was cancelled.
  void read_signals(FarLauncher& launcher) {
    constexpr os::SignalSet k_ending = supervision::k_ending_signals;
    for (os::ReceivedSignal got = signals_.next(); got.number != 0; got = signals_.next()) {
      if ((os::signal_bit(got.number) & k_ending) != 0) end_for("Slurm ended its step", launcher);
    }
  }

  void end_for(const std::string& why, FarLauncher& launcher) {
    if (is_told_ || !lost_.empty()) return;
    lost_ = why;
    launcher.send(SIGTERM);
  }

  // The guard ends the test within its grace. What is left then gets SIGKILL.
  void end_what_is_left() const {
    Quiet quiet;
    os::EndOrder order;
    order.first_signal = SIGTERM;
    order.grace = job_.grant.policy.grace;
    (void)os::end_tree(order, quiet);
  }

  AttemptResult result_of(const FarLauncher& launcher) const {
    Result<AttemptResult> result = far_result_in(launcher.said());
    if (!result) {
      result = supervision::own_failure(
          ErrorInWords{text_of({"its launcher on node ", node_,
                                launcher.ended_well() ? " could not begin" : " was killed"})});
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
    (void)files_.put_ended(record);
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
  bool is_orphaned_ = false;  // slurmstepd has died
  bool is_told_ = false;      // the near side wants an end
  std::string lost_;          // why Slurm's side of the step is lost
  std::size_t done_ = 0;      // how many requests were passed on
  Milliseconds next_look_{0};
};

}  // namespace

bool is_far_side(char** arguments) {
  return arguments[0] != nullptr && arguments[1] != nullptr && arguments[1] == k_far_option &&
         arguments[2] != nullptr;
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
  files.remove_job();
  (void)os::fill_closed_streams(signals->descriptor());
  return FarSide(std::move(files), std::move(*job), std::move(*signals), callers).run();
}

}  // namespace holdfast::exec
