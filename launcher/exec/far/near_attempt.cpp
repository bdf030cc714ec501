#include "exec/far/near_attempt.hpp"

#include <algorithm>

#include "core/settings/far_share.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/wait.hpp"

namespace holdfast::exec {
namespace {

// How often we look for records that no frame has announced. If slurmstepd dies, its frames are
// lost.
constexpr Milliseconds k_look{500};
// How long we look for records when srun has ended. A network file system may show them late.
constexpr Milliseconds k_late{5000};
constexpr Milliseconds k_short_look{20};
// The far side learns of a request within this time.
constexpr Milliseconds k_far_look{200};
// srun has this long to end after the far side's record.
constexpr Milliseconds k_srun_patience{2000};
// The far side takes stacks at the test's limit, and then ends the test within its grace.
constexpr Milliseconds k_stacks{60'000};
constexpr std::size_t k_most_errors = 16 * 1024;
// Each step takes a moment, and many at once take longer. So the first line about a wait comes
// after 2 s.
constexpr unsigned k_unsaid = 1;

wire::AttemptWait wait_for_step() { return {wire::WaitFor::step, "slurm"}; }

Milliseconds sum(Milliseconds a, Milliseconds b) { return std::min(k_longest, a + b); }

}  // namespace

NearAttempt::NearAttempt(const supervision::AttemptPlan& plan, supervision::Surroundings& around,
                         OutputRelay& relay, const FarFiles& files, SrunProcess srun)
    : plan_(plan),
      around_(around),
      relay_(relay),
      files_(files),
      srun_(std::move(srun)),
      waiting_(*plan.teller, plan.identity->test, subject_of(wait_for_step()), os::monotonic_now()),
      next_records_(waiting_.start() + k_look) {
  waiting_.tell_keeper(wait_for_step(), k_unsaid);
}

NearEnd NearAttempt::run() {
  while (!srun_.has_ended()) wait_for_news();
  while (read_srun()) relay_.finish();
  look_after_end();
  end_.said = words_of_srun(errors_);
  relay_.finish();
  return std::move(end_);
}

void NearAttempt::wait_for_news() {
  const int parent = parent_watched_ ? around_.parent.get() : -1;
  os::Wait wait({around_.signals.fd(), parent, srun_.watched()}, next_look());
  if (!relay_.is_full()) srun_.output().join(wait);
  relay_.join(wait);
  if (plan_.cluster != nullptr) plan_.cluster->join(wait);
  wait.go();
  relay_.pass_on();
  read_srun();
  read_signals();
  if (wait.news(parent) != 0) {
    parent_watched_ = false;
    if (end_.signal == 0) end_by(SIGTERM);
  }
  if (plan_.cluster != nullptr) look_at_lease(wait);
  const Milliseconds now = os::monotonic_now();
  if (now >= next_records_) look_for_records();
  if (end_.signal == 0 && now >= limit()) {
    end_.overdue = true;
    end_by(SIGTERM);
  }
  tell_wait();
  hurry_srun(now);
}

bool NearAttempt::waits_for_step() const {
  return !end_.start && end_.record.empty() && end_.signal == 0;
}

void NearAttempt::tell_wait() {
  if (waits_for_step() && waiting_.take_due()) waiting_.tell({});
}

Milliseconds NearAttempt::next_look() const {
  const Milliseconds kill = is_killed_ ? k_longest : sum(terminated_, k_srun_patience);
  const Milliseconds term = terminated_ != k_longest ? k_longest : time_for_term();
  const Milliseconds over = end_.signal == 0 ? limit() : k_longest;
  const Milliseconds telling = waits_for_step() ? waiting_.next() : k_longest;
  return std::min({next_records_, kill, term, over, telling});
}

// When the test must be over, if the far side does what it should. Nobody knows how long the far
// side waits for its locks.
Milliseconds NearAttempt::limit() const {
  const Policy& policy = plan_.far->policy;
  if (policy.timeout.count() == 0 || !policy.locks.empty()) return k_longest;
  return sum(started_, policy.timeout + policy.grace + k_stacks);
}

bool NearAttempt::read_srun() {
  // While ctest takes no more, srun's complaints wait too.
  if (relay_.is_full() && !srun_.has_ended()) return false;
  bool has_output = false;
  srun_.output().read([&](Stream stream, std::string_view bytes) {
    if (stream == Stream::errors) {
      errors_ += bytes;
      return;
    }
    has_output = true;
    for (const FrameReader::Frame& frame : frames_.read(bytes)) take(frame);
  });
  if (has_output && record_ != k_longest) record_ = os::monotonic_now();
  if (errors_.size() > k_most_errors) {
    // The beginning has the node and the reason. What srun repeats again and again is in the
    // middle.
    errors_.erase(k_most_errors / 2, errors_.size() - k_most_errors);
  }
  return has_output;
}

void NearAttempt::take(const FrameReader::Frame& frame) {
  switch (frame.channel) {
    case FarChannel::output:
      return relay_.write(Stream::output, frame.bytes);
    case FarChannel::errors:
      return relay_.write(Stream::errors, frame.bytes);
    case FarChannel::said:
      return plan_.teller->complain(frame.bytes);
    case FarChannel::started:
      return look_for_records();
    case FarChannel::ended:
      said_end_ += frame.bytes;
      if (!frame.bytes.empty()) return;
      is_end_said_ = true;
      return look_for_records();
  }
}

void NearAttempt::look_for_records() {
  const Milliseconds now = os::monotonic_now();
  next_records_ = now + k_look;
  if (!end_.start) {
    if (const Result<FarStart> start = far_start_in(files_.started())) {
      end_.start = *start;
      started_ = now;
      end_.slurm_wait = waiting_.since_start();
      waiting_.tell_success();
    }
  }
  if (!end_.record.empty()) {
    next_records_ = k_longest;
    return;
  }
  end_.record = files_.ended();
  if (end_.record.empty() && is_end_said_) end_.record = said_end_;
  if (!end_.record.empty()) record_ = now;
  if (plan_.far->policy.isolation) take_cases();
}

// Only ctest's machine writes to the journal: on NFS, O_APPEND does not keep the lines of two
// machines apart (open(2)).
void NearAttempt::take_cases() {
  const std::string lines = files_.cases_after(copied_bytes_);
  if (lines.empty()) return;
  if (Result<void> put = os::append_line(plan_.identity->journal, lines); !put) {
    return plan_.teller->complain_once(describe_unrecorded(put.error()));
  }
  copied_bytes_ += lines.size();
}

void NearAttempt::read_signals() {
  for (os::ReceivedSignal got = around_.next_signal(); got.number != 0;
       got = around_.next_signal()) {
    if (got.number == SIGCHLD || got.number == SIGCONT) continue;
    if (around_.callers.ignores(got.number) || around_.tells_limit(got)) continue;
    const os::SignalSet bit = os::signal_bit(got.number);
    if ((bit & supervision::k_stopping_signals) != 0) {
      (void)around_.signals.stop_by(got.number);  // the test goes on
    } else if ((bit & supervision::k_ending_signals) != 0) {
      end_by(got.number);
    } else {
      files_.tell(got.number);
    }
  }
}

void NearAttempt::look_at_lease(const os::Wait& wait) {
  using News = supervision::ClusterLocks::News;
  const News news = plan_.cluster->look(wait);
  if (news == News::none) return;
  if (end_.signal == 0) {
    end_.lease_lost = true;
    return end_by(SIGTERM);
  }
  // A test that is being ended has its grace as long as the lease holds.
  if (news == News::lost) return;
  // A second signal ends the test at once. If the far side does not learn of it, TERM to srun ends
  // the test.
  files_.tell(SIGTERM);
  hurried_ = os::monotonic_now() + k_far_look;
}

// The far side may read two signals at once, so one event is told only once.
void NearAttempt::end_by(int signal) {
  const Milliseconds now = os::monotonic_now();
  if (end_.signal != 0) {
    const bool same = signal == end_.signal;
    if (now - ending_ < (same ? k_same_sender : k_same_event)) return;
    return files_.tell(signal);
  }
  end_.signal = signal;
  ending_ = now;
  files_.tell(signal);
}

// When srun may get TERM. If the step does not exist yet, there is nothing that could end gently.
Milliseconds NearAttempt::time_for_term() const {
  if (hurried_ != k_longest) return hurried_;
  if (record_ != k_longest) return record_ + k_srun_patience;
  if (ending_ == k_longest) return k_longest;
  const bool exists = end_.start.has_value() || words_of_srun(errors_).launches;
  return exists ? ending_ + plan_.policy.grace + k_srun_patience : ending_;
}

void NearAttempt::hurry_srun(Milliseconds now) {
  if (terminated_ == k_longest) {
    if (now < time_for_term()) return;
    terminated_ = now;
    srun_.send(SIGTERM);
    return;
  }
  if (is_killed_ || now < terminated_ + k_srun_patience) return;
  is_killed_ = true;
  srun_.send(SIGKILL);
}

// If srun has never begun to launch the step, no record can come. If the step is lost, the test may
// still run, and its node ends it. As long as this may take, the attempt keeps its locks, and the
// test is not tried again.
void NearAttempt::look_after_end() {
  look_for_records();
  const SrunWords said = words_of_srun(errors_);
  const bool may_come = end_.start.has_value() || (said.launches && said.trouble.empty());
  if (!may_come || !end_.record.empty()) return;
  if (end_.signal == 0) {
    end_.abandoned = true;
    files_.tell(SIGTERM);
  }
  const Milliseconds until =
      os::monotonic_now() + std::max(k_late, plan_.policy.grace + k_srun_patience);
  while (end_.record.empty() && os::monotonic_now() < until) {
    os::pause_for(k_short_look);
    read_signals();
    look_for_records();
  }
}

}  // namespace holdfast::exec
