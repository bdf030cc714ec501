#include "slurm/near_run.hpp"

#include <algorithm>

#include "attempt/answer.hpp"
#include "attempt/programs.hpp"
#include "attempt/records.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "services/service_asking.hpp"
#include "values/held_locks.hpp"
#include "values/policy.hpp"

namespace holdfast::exec {
namespace {

using supervision::AttemptPlan;
using supervision::AttemptResult;
using supervision::Need;
using supervision::Surroundings;

// How often we look for records that no frame has announced. If slurmstepd dies, its frames are
// lost.
constexpr Milliseconds k_records_look{500};
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

class NearAttempt {
 public:
  NearAttempt(const AttemptPlan& plan, const Policy& far, Surroundings& around, OutputRelay& relay,
              const FarFiles& files, SrunProcess srun)
      : plan_(plan),
        far_(far),
        around_(around),
        relay_(relay),
        files_(files),
        srun_(std::move(srun)),
        waiting_(*plan.teller, plan.identity->test, subject_of(wait_for_step()),
                 os::monotonic_now()),
        next_records_(waiting_.start() + k_records_look) {
    waiting_.tell_keeper(wait_for_step(), k_unsaid);
  }

  // Returns when srun has ended and this side has looked for the records.
  NearEnd run() {
    while (!srun_.has_ended()) wait_for_news();
    while (read_srun()) relay_.finish();
    look_after_end();
    end_.said = words_of_srun(errors_);
    relay_.finish();
    return std::move(end_);
  }

 private:
  void wait_for_news() {
    const int parent = parent_watched_ ? around_.parent.get() : -1;
    os::Wait wait({around_.signals.fd(), parent, srun_.watched()}, next_look());
    if (!relay_.is_full()) srun_.output().join(wait);
    relay_.join(wait);
    for (Need* const need : plan_.needs) need->join(wait);
    wait.go();
    relay_.pass_on();
    read_srun();
    read_signals();
    if (wait.news(parent) != 0) {
      parent_watched_ = false;
      if (end_.signal == 0) end_by(SIGTERM);
    }
    for (Need* const need : plan_.needs) look_at(*need, wait);
    const Milliseconds now = os::monotonic_now();
    if (now >= next_records_) look_for_records();
    if (end_.signal == 0 && now >= limit()) {
      end_.overdue = true;
      end_by(SIGTERM);
    }
    if (waits_for_step() && waiting_.take_due()) waiting_.tell({});
    hurry_srun(now);
  }

  bool waits_for_step() const { return !end_.start && end_.record.empty() && end_.signal == 0; }

  Milliseconds next_look() const {
    const Milliseconds kill = is_killed_ ? k_longest : sum(terminated_, k_srun_patience);
    const Milliseconds term = terminated_ != k_longest ? k_longest : time_for_term();
    const Milliseconds over = end_.signal == 0 ? limit() : k_longest;
    const Milliseconds telling = waits_for_step() ? waiting_.next() : k_longest;
    return std::min({next_records_, kill, term, over, telling});
  }

  // When the test must be over, if the far side does what it should. Nobody knows how long the far
  // side waits for its locks.
  Milliseconds limit() const {
    if (far_.timeout.count() == 0 || !far_.locks.empty()) return k_longest;
    return sum(started_, far_.timeout + far_.grace + k_stacks);
  }

  // Returns whether there was something on srun's stdout.
  bool read_srun() {
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

  void take(const FrameReader::Frame& frame) {
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

  void look_for_records() {
    const Milliseconds now = os::monotonic_now();
    next_records_ = now + k_records_look;
    if (!end_.start) {
      if (const Result<FarStart> start = far_start_in(files_.record(names::k_far_started_suffix))) {
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
    end_.record = files_.record(names::k_far_ended_suffix);
    if (end_.record.empty() && is_end_said_) end_.record = said_end_;
    if (!end_.record.empty()) record_ = now;
    if (far_.isolation) take_cases();
  }

  // Only ctest's machine writes to the journal: on NFS, O_APPEND does not keep the lines of two
  // machines apart (open(2)).
  void take_cases() {
    const std::string lines = files_.lines(names::k_far_cases_suffix, copied_bytes_);
    if (lines.empty()) return;
    if (Result<void> put = os::append_line(plan_.identity->journal, lines); !put) {
      return plan_.teller->complain_once(describe_unrecorded(put.error()));
    }
    copied_bytes_ += lines.size();
  }

  void read_signals() {
    while (const os::ReceivedSignal got = around_.next_signal()) {
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

  void look_at(Need& need, const os::Wait& wait) {
    using News = Need::News;
    const News news = need.look(wait);
    if (news == News::none) return;
    if (end_.signal == 0) {
      end_.lease_lost = true;
      return end_by(SIGTERM);
    }
    // A test that is being ended has its grace as long as the lease holds.
    if (news == News::lost) return;
    // A second signal ends the test at once. If the far side does not learn of it, TERM to srun
    // ends the test.
    files_.tell(SIGTERM);
    hurried_ = os::monotonic_now() + k_far_look;
  }

  // The far side may read two signals at once, so one event is told only once.
  void end_by(int signal) {
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
  Milliseconds time_for_term() const {
    if (hurried_ != k_longest) return hurried_;
    if (record_ != k_longest) return record_ + k_srun_patience;
    if (ending_ == k_longest) return k_longest;
    const bool exists = end_.start.has_value() || words_of_srun(errors_).launches;
    return exists ? ending_ + plan_.policy.grace + k_srun_patience : ending_;
  }

  void hurry_srun(Milliseconds now) {
    if (terminated_ == k_longest) {
      if (now < time_for_term()) return;
      terminated_ = now;
      srun_.send(SIGTERM);
      return;
    }
    if (now < terminated_ + k_srun_patience) return;
    is_killed_ = true;
    srun_.send(SIGKILL);
  }

  // If srun has never begun to launch the step, no record can come. If the step is lost, the test
  // may still run, and its node ends it. As long as this may take, the attempt keeps its locks, and
  // the test is not tried again.
  void look_after_end() {
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

  const AttemptPlan& plan_;
  const Policy& far_;
  Surroundings& around_;
  OutputRelay& relay_;
  const FarFiles& files_;
  SrunProcess srun_;
  FrameReader frames_;
  std::string said_end_;            // the record of the end as frames have it
  bool is_end_said_ = false;        // it is whole
  std::uint64_t copied_bytes_ = 0;  // of the records of cases, to the journal
  std::string errors_;              // what srun said, without its middle if it is long
  NearEnd end_;
  bool parent_watched_ = true;
  supervision::WaitTelling waiting_;     // for the step
  Milliseconds started_ = k_longest;     // the start record was seen
  Milliseconds record_ = k_longest;      // the end record was seen, or output came after that
  Milliseconds ending_ = k_longest;      // the first signal
  Milliseconds next_records_;            // when to look for records without a frame about them
  Milliseconds terminated_ = k_longest;  // srun got TERM
  Milliseconds hurried_ = k_longest;     // when nothing of the test may be left
  bool is_killed_ = false;
};

// How long the node may need, besides the grace, to end a test whose near side was killed.
constexpr Milliseconds k_end_patience{2000};
constexpr Milliseconds k_state_interval{50};

bool has_node_rule(const RetryPolicy& retry) {
  return std::ranges::any_of(retry.rules, [](const RetryRule& rule) {
    return rule.cause == RetryCause::node && rule.attempts > 0;
  });
}

// What the near side tells the test: the slots and fences of the locks that it holds here, and the
// password that a run inside the test needs to ask for these locks.
std::vector<Variable> near_variables(char** environment) {
  std::vector<Variable> variables;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    const std::string_view name = name_in(*entry);
    if (name.starts_with(environment::k_slot_prefix) ||
        name.starts_with(environment::k_fence_prefix) || name == environment::k_cluster_password) {
      variables.push_back(variable_of(*entry));
    }
  }
  return variables;
}

class NodeRun {
 public:
  NodeRun(const AttemptPlan& plan, const Policy& far, Surroundings& around, OutputRelay& relay,
          const std::vector<std::string>& cases)
      : plan_(plan),
        far_(far),
        around_(around),
        relay_(relay),
        cases_to_run_(cases),
        allocation_(allocation_of_ctest(plan.test->invocation.environment)),
        slurm_(allocation_, around),
        files_(directory_of(plan), plan.identity->attempt) {}

  AttemptResult run() {
    if (const std::string why = obstacle(); !why.empty()) return refuse(why);
    if (files_.is_over()) return lost_for_good(over_in_words());
    left_out_ = files_.left_out();
    if (!left_out_.empty()) {
      const bool is_without_node = has_no_node();
      if (slurm_.told_to_end() != 0) return interrupted();
      if (is_without_node) return lost_for_good("no node is left that could run it");
    }
    if (Result<void> begun = files_.begin(to_text(job())); !begun) {
      files_.remove();
      return supervision::own_failure(begun.error());
    }
    AttemptResult result = follow_srun();
    if (os::logs(LogLevel::debug)) os::append_to_log(files_.lines(names::k_far_log_suffix));
    files_.remove();
    return result;
  }

 private:
  static std::string directory_of(const AttemptPlan& plan) {
    const std::string& journal = plan.identity->journal;
    return journal.substr(0, journal.rfind('/') + 1) + std::string(names::k_far_directory);
  }

  // Why no test of this run can run on a node.
  std::string obstacle() const {
    if (allocation_.job.empty()) {
      return "engine = \"slurm\": found no SLURM_JOB_ID, expected to run inside of an allocation "
             "(salloc, sbatch)";
    }
    if (plan_.identity->journal.empty()) {
      return "engine = \"slurm\": the build tree has no directory for this run";
    }
    if (slurm_program("srun").empty()) return "engine = \"slurm\": found no program srun in PATH";
    return {};
  }

  // Every test would say the same, so the line is printed once. Every record has it.
  AttemptResult refuse(const std::string& why) {
    plan_.teller->complain_once(why);
    AttemptResult result = supervision::refused({});
    result.remark = why;
    return result;
  }

  std::string over_in_words() const {
    return text_of({"the allocation (job ", allocation_.job, ") is over"});
  }

  static AttemptResult lost_for_good(const std::string& why) {
    AttemptResult result = supervision::result_without_attempt({.node_lost = true}, {});
    result.remark = why;
    result.has_no_node = true;
    return result;
  }

  // The end was asked for while Slurm was asked.
  AttemptResult interrupted() const {
    return supervision::not_begun(plan_.test->in_words("interrupted before it began"),
                                  slurm_.told_to_end());
  }

  bool has_no_node() {
    const std::vector<std::string> nodes = slurm_.all_nodes();
    return !nodes.empty() && std::ranges::all_of(nodes, [&](const std::string& node) {
      return contains(left_out_, node);
    });
  }

  FarJob job() const {
    const supervision::Invocation& invocation = plan_.test->invocation;
    FarJob job;
    job.version = HOLDFAST_VERSION;
    job.arguments = entries_of(invocation.arguments);
    job.environment = entries_of(invocation.environment);
    // A command inside of the test finds the locks that the test has here. Only a test with locks
    // over machines needs the password, and it is told below.
    std::erase_if(job.environment, [](const std::string& entry) {
      return is_variable(entry, environment::k_held) ||
             is_variable(entry, environment::k_cluster_password);
    });
    const std::string_view held = variable_in(plan_.command.environment, environment::k_held);
    job.environment.push_back(text_of({environment::k_held, "=", held}));
    job.directory = os::working_directory();
    job.variables = near_variables(plan_.command.environment);
    for (const std::string& entry : allocation_.of_test) {
      job.variables.push_back(variable_of(entry));
    }
    job.one_stream = relay_.streams_are_one();
    job.n = plan_.identity->n;
    job.cases = cases_to_run_;
    // With two streams their order in our log is not certain, so no case has a place in it.
    if (job.one_stream) job.log = relay_.log();
    job.grant = plan_.test->grant;
    job.grant.policy = far_;
    job.grant.policy.timeout = plan_.policy.timeout;
    // The lock by which an attempt runs alone stays here, and a batch has to know.
    if (has_to_itself(plan_.policy.locks)) job.grant.policy.processors = 1;
    job.grant.attempt = plan_.identity->attempt;
    job.grant.journal.clear();
    job.grant.scratch.clear();
    return job;
  }

  Result<SrunProcess> start_srun() const {
    HOLDFAST_TRY(const std::string program, supervision::exec_program());
    // srun_words() has accepted the same text before, when the settings were read.
    HOLDFAST_TRY(std::vector<std::string> options, srun_words(plan_.policy.engine.options));
    FarStep step;
    step.processors = static_cast<unsigned>(processors_of(plan_.test->invocation.properties));
    step.options = std::move(options);
    step.left_out_nodes = left_out_;
    step.command = {program, std::string(k_far_option), files_.path(names::k_far_job_suffix)};
    std::vector<std::string> words = srun_command(step);
    words[0] = slurm_program("srun");
    std::vector<std::string> entries = allocation_.environment;
    std::erase_if(entries, [](const std::string& entry) { return is_kept_from_srun(entry); });
    return SrunProcess::start(words, entries, tag_number(plan_.identity->attempt), around_.callers);
  }

  AttemptResult follow_srun() {
    if (Result<void> begun = supervision::begin_watch(plan_.needs); !begun) {
      return supervision::own_failure(begun.error());
    }
    supervision::Warden warden = post_warden();
    Result<SrunProcess> srun = start_srun();
    if (!srun) {
      supervision::dismiss_warden(warden);
      return supervision::own_failure(srun.error());
    }
    NearEnd end = follow(plan_, far_, around_, relay_, files_, std::move(*srun));
    supervision::dismiss_warden(warden);
    AttemptResult result = concluded(end);
    if (end.lease_lost && result.observation.end_reason == EndReason::signal) {
      result.observation.end_reason = EndReason::lock_lost;
    }
    result.slurm_wait = end.slurm_wait;
    if (end.start) result.node = end.start->node;
    if (result.node.empty() && result.observation.node_lost) result.node = end.said.node;
    return result;
  }

  // If we are killed, srun dies with us, and the node ends the test within the grace. Until then
  // the warden keeps the locks from all others.
  supervision::Warden post_warden() const {
    std::vector<int> locks = plan_.kept_descriptors();
    if (locks.empty()) return {};
    supervision::Warden warden = supervision::start_warden(std::move(locks));
    if (warden.pid != 0) return warden;
    files_.tell(SIGTERM);
    const Milliseconds until = os::monotonic_now() + plan_.policy.grace + k_end_patience;
    while (files_.record(names::k_far_ended_suffix).empty() && os::monotonic_now() < until) {
      os::pause_for(k_state_interval);
    }
    ::_exit(0);
  }

  AttemptResult concluded(const NearEnd& end) {
    if (!end.record.empty()) {
      Result<AttemptResult> told = far_result_in(end.record);
      if (!told) return supervision::own_failure(told.error());
      return as_seen_here(std::move(*told), end);
    }
    if (end.signal != 0 && !end.overdue) {
      const std::string why =
          end.start ? "interrupted" : "interrupted while it waited for its step";
      return supervision::not_begun(plan_.test->in_words(why), end.signal);
    }
    if (end.start) return lost_after_start(end);
    return lost_before_start(end);
  }

  // Adds what the far side cannot know: that its step was lost, and what slurmstepd says.
  AttemptResult as_seen_here(AttemptResult told, const NearEnd& end) {
    Observation& seen = told.observation;
    // The launcher on the node has lost its parent, the other process of the far side, and nobody
    // here has ended the test.
    const bool is_orphaned = seen.end_reason == EndReason::parent_gone && end.signal == 0;
    const bool was_ended =
        seen.end_reason == EndReason::signal || seen.end_reason == EndReason::parent_gone;
    if ((is_orphaned || (end.abandoned && was_ended)) && !seen.node_lost) {
      seen.node_lost = true;
      told.note = "its step ended before it did";
    }
    const std::string node = end.start ? end.start->node : end.said.node;
    if (seen.node_lost) note_lost_node(node, told);
    if (seen.main.died_of(SIGKILL) && end.said.out_of_memory) seen.out_of_memory = true;
    if (seen.node_lost || seen.out_of_memory) told.outcome = outcome_of(seen);
    return told;
  }

  AttemptResult lost_after_start(const NearEnd& end) {
    std::string why = end.overdue ? "its time was over, and its node did not end it"
                                  : "its launcher there ended without a record";
    if (!end.said.last.empty()) why += " (" + end.said.last + ")";
    return node_lost(end.start->node, why);
  }

  AttemptResult lost_before_start(const NearEnd& end) {
    const JobState state = slurm_.state();
    const std::vector<std::string> down =
        state == JobState::running ? slurm_.lost_nodes() : std::vector<std::string>();
    if (slurm_.told_to_end() != 0) return interrupted();
    const LostStart start = lost_start(state, down, left_out_, end.said);
    switch (start.kind) {
      case LostStart::Kind::refused:
        return supervision::refused(plan_.test->in_words(start.why));
      case LostStart::Kind::allocation_over:
        files_.note_over();
        plan_.teller->complain_once(over_in_words() + ": no further test is run");
        return lost_for_good(over_in_words());
      case LostStart::Kind::no_node_left:
      case LostStart::Kind::node_lost:
        break;
    }
    AttemptResult result = node_lost(start.node, start.why);
    result.has_no_node = start.kind == LostStart::Kind::no_node_left;
    return result;
  }

  AttemptResult node_lost(const std::string& node, const std::string& why) {
    AttemptResult result = supervision::result_without_attempt({.node_lost = true}, why);
    result.node = node;
    note_lost_node(node, result);
    return result;
  }

  // The result's note says why.
  void note_lost_node(const std::string& node, AttemptResult& result) {
    result.note = plan_.test->in_words(node.empty() ? "node lost: " + result.note
                                                    : "node " + node + " lost: " + result.note);
    if (has_node_rule(plan_.policy.retry)) files_.leave_out(node);
  }

  const AttemptPlan& plan_;
  const Policy& far_;
  Surroundings& around_;
  OutputRelay& relay_;
  const std::vector<std::string>& cases_to_run_;
  Allocation allocation_;
  SlurmQuestions slurm_;
  FarFiles files_;
  std::vector<std::string> left_out_;
};

}  // namespace

NearEnd follow(const AttemptPlan& plan, const Policy& far, Surroundings& around, OutputRelay& relay,
               const FarFiles& files, SrunProcess srun) {
  return NearAttempt(plan, far, around, relay, files, std::move(srun)).run();
}

AttemptResult run_on_node(const AttemptPlan& plan, const Policy& far, Surroundings& around,
                          OutputRelay& relay, const std::vector<std::string>& cases) {
  return NodeRun(plan, far, around, relay, cases).run();
}

}  // namespace holdfast::exec
