#include "retry/test_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "attempt/answer.hpp"
#include "attempt/attempt_plan.hpp"
#include "attempt/invocation.hpp"
#include "base/encoding.hpp"
#include "base/program_identity.hpp"
#include "base/text.hpp"
#include "batches/batch_run.hpp"
#include "forensics/probes.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/program_identity.hpp"
#include "os/log/log.hpp"
#include "output/output_relay.hpp"
#include "retry/retry_decision.hpp"
#include "services/service_asking.hpp"
#include "slurm/near_run.hpp"
#include "values/held_locks.hpp"

namespace holdfast::exec {
namespace {

using supervision::AttemptPlan;
using supervision::AttemptRunner;
using supervision::EndedAttempt;
using supervision::NextAttempt;
using supervision::Surroundings;

constexpr std::string_view k_prefix = "holdfast: ";

// Returns the directory of the project's sources; for a command, its working directory.
std::string sources_of(const supervision::EndedAttempt& ended) {
  if (!ended.test.grant.home.tree.empty()) {
    if (auto source = os::source_of_tree(ended.test.grant.home.tree)) return std::move(*source);
  }
  return os::working_directory();
}

// Returns the places of the locks that somebody asked for. A lock that every test of a project has
// (values/held_locks.hpp) is left out, because it explains nothing.
std::vector<std::string> lock_places_of(const supervision::Grant& grant) {
  std::vector<std::string> places;
  for (const LockSpec& lock : grant.policy.locks) {
    if (lock.name != k_retry_alone_lock) places.push_back(place_of(lock, grant.home));
  }
  return places;
}

// ctest surely reads this much output before it ends us, and we still have time to write our
// record.
constexpr std::uint64_t k_most_before_end = 4UL * 1024UL * 1024UL;

// Adds the words to the output. If one of the test's regular expressions matches the words, ctest
// would judge the test by them, so the words go to people instead. They also go to people if the
// output is not captured.
void say_last_words(const std::string& words, const CTestVerdict& mirror, const EndedAttempt& ended,
                    OutputRelay* output) {
  if (words.empty()) return;
  if (output != nullptr) {
    const std::string last = output->text(1);
    const std::string text = (last.empty() || last == "\n" ? "" : "\n") + words;
    if (is_same_with(mirror, ended.result, ended.test.invocation.mode(), *output, text)) {
      return output->write(Stream::output, text);
    }
  }
  for (std::string_view line : TextParts{words, '\n'}) {
    if (take_words(line, k_prefix)) ended.test.teller().tell(line);
  }
}

// What happens when a test has failed for good: the probes, and the user's command.
class Aftermath {
 public:
  // Must be called before each attempt. Remembers how things were before the first attempt.
  void note_start(const AttemptPlan& plan) {
    if (!plan.policy.hooks.on_failure.empty()) environment_ = entries_of(plan.command.environment);
    if (is_noted_ || !plan.policy.retry.may_retry()) return;
    is_noted_ = true;
    const TestInputs inputs = supervision::inputs_of(
        plan.command.arguments, plan.test->invocation.properties.required_files);
    for (const auto& paths : {inputs.named, inputs.required}) {
      for (const std::string& path : paths) inputs_.push_back({path, os::known_program(path)});
    }
    const std::string name = plan.command.arguments[0];
    if (name[0] != '/') return;
    program_ = name;
    before_ = os::known_program(name);
  }

  // A signal to end the test, or ctest's death, cuts both functions below short. They do not begin
  // after it.
  //
  // Runs the probes; takes about 2 s at most.
  std::vector<Finding> look_around(const EndedAttempt& ended) {
    // Nobody looks around on another node.
    const bool is_here = ended.result.node.empty();
    const std::vector<std::string> locks =
        is_here ? lock_places_of(ended.test.grant) : std::vector<std::string>();
    const forensics::Probes probes({program_, before_, sources_of(ended), locks, inputs_, is_here});
    is_told_to_end_ = await_unless_told_to_end(ended.test.around, probes.works()) != 0;
    std::vector<Finding> findings = probes.findings();
    if (!ended.result.service_states.empty()) {
      findings.push_back({"services", false, ended.result.service_states});
    }
    return findings;
  }

  // Runs on-failure, if there is one; returns what it printed.
  std::optional<Finding> run_hook(const EndedAttempt& ended) {
    const std::string& command = ended.test.grant.policy.hooks.on_failure;
    if (command.empty() || is_told_to_end_) return std::nullopt;
    const forensics::HookFacts facts{.hook = "on-failure",
                                     .test = ended.test.grant.identity.test,
                                     .run = ended.test.grant.run,
                                     .attempt_id = ended.test.grant.identity.attempt,
                                     .attempt = ended.test.grant.identity.n,
                                     .outcome = ended.result.outcome,
                                     .main = ended.result.observation.main,
                                     .scratch = ended.result.scratch,
                                     .output = ended.result.log};
    // An attempt that could not begin has none of its own.
    if (environment_.empty()) environment_ = entries_of(::environ);
    const Milliseconds time = forensics::k_on_failure_time;
    os::BoundedWork work(forensics::hook_order(command, facts, environment_, time));
    if (await_unless_told_to_end(ended.test.around, {&work}) != 0) {
      return Finding{facts.hook, true, "ended with the test"};
    }
    return forensics::hook_finding(facts.hook, work.end(), time);
  }

 private:
  bool is_noted_ = false;
  bool is_told_to_end_ = false;
  std::string program_;  // absolute; empty: not known
  std::optional<ProgramIdentity> before_;
  std::vector<forensics::KnownFile> inputs_;
  std::vector<std::string> environment_;  // of the latest attempt; only if a hook needs it
};

class TestRunner final : public AttemptRunner {
 public:
  bool is_plain() const override { return false; }

  void begin(supervision::TestAtHand& test) override {
    mirror_ = mirror_of(test.invocation);
    first_ = test.grant.identity.attempt;
    if (!test.is_for_node()) return;
    test.all_locks = test.grant.policy.locks;
    far_ = take_far_share(test.grant.policy);
  }

  // On a node, ctest's limit is out of reach while the test waits for its step, and ctest learns of
  // a timeout by the first line of the output. So the output is held back as that of a test that
  // may be tried again.
  supervision::AttemptResult run(const AttemptPlan& plan, Surroundings& around) override {
    const OutputWay way = far_ ? OutputWay::held_back : way_of_output(plan.policy, plan.mode);
    output_.reset();
    aftermath_.note_start(plan);
    if (way == OutputWay::direct) return supervision::run_attempt(plan, around);
    output_ = std::make_unique<OutputRelay>(
        log_of(*plan.identity), way == OutputWay::held_back ? OutputRelay::Passing::when_released
                                                            : OutputRelay::Passing::at_once);
    supervision::AttemptResult result = run_captured_attempt(plan, around);
    if (result.cases_left) cases_left_ = *result.cases_left;
    if (const std::string trouble = output_->take_trouble(); !trouble.empty()) {
      plan.teller->complain_once(trouble);
    }
    result.log = output_->log();
    return result;
  }

  std::optional<NextAttempt> conclude(const EndedAttempt& ended) override {
    const RetryPolicy& policy = ended.test.grant.policy.retry;
    native_end_ = ended.native_end;
    attempts_.push_back(judge(ended));
    note_lost_services(ended);
    ended.result.verdict = name_of(attempts_.back().verdict);
    RetryDecision decision;
    if (policy.may_retry()) {
      decision = decide(ended);
      if (std::optional<NextAttempt> next = next_attempt(ended, decision)) return next;
      if (attempts_.size() > 1 || attempts_.back().verdict == MirroredVerdict::failed) {
        ended.result.retry = decision.reason;
        os::log(LogLevel::debug, {decision.reason});
      }
    }
    come_to_the_end(ended, decision);
    return std::nullopt;
  }

  int wait(const NextAttempt& next, Policy& policy, Surroundings& around) override {
    const int signal = supervision::wait_until(around, os::monotonic_now() + next.wait).signal;
    if (next.alone) have_to_itself(policy.locks);
    if (!timeout_) timeout_ = policy.timeout;
    if (native_end_ != k_longest) {
      const Milliseconds left = std::max(
          Milliseconds{1}, time_for_attempt(os::monotonic_now(), native_end_, policy.grace));
      policy.timeout = timeout_->count() == 0 ? left : std::min(*timeout_, left);
    }
    return signal;
  }

 private:
  supervision::AttemptResult run_captured_attempt(const AttemptPlan& plan, Surroundings& around) {
    if (far_) return run_on_node(plan, *far_, around, *output_, cases_left_);
    if (plan.test->is_batch())
      return run_batch(plan, around, *output_, cases_left_, plan.identity->journal);
    return run_captured(plan, around, *output_);
  }

  // Returns the attempt as the decision about another attempt sees it.
  AttemptResult judge(const EndedAttempt& ended) const {
    AttemptResult judged;
    judged.outcome = ended.result.outcome;
    judged.main = ended.result.observation.main;
    judged.told_to_end = ended.result.pressed != 0;
    judged.has_no_node = ended.result.has_no_node;
    judged.verdict = mirrored(*mirror_, ended.result, ended.test.invocation.mode(), output_.get());
    if (judged.verdict == MirroredVerdict::failed) judged.known = known_flake(ended);
    return judged;
  }

  // The launcher has asked for the services of an attempt that did not end well. Only we know of an
  // attempt that ended well and failed by its output.
  void note_lost_services(const EndedAttempt& ended) {
    AttemptResult& last = attempts_.back();
    supervision::AttemptResult& result = ended.result;
    if (last.verdict != MirroredVerdict::failed) return;
    if (!result.services.empty() && is_good(result.outcome)) {
      look_at_services(ended.test.held.keeper, ended.test.around, result);
    }
    last.lost_service = !result.lost_services.empty();
  }

  // If a failure cannot be compared with the known flakes, it does not count as known, and a line
  // says so.
  std::optional<std::size_t> known_flake(const EndedAttempt& ended) const {
    const std::vector<std::string> signatures =
        collected(ended.test.grant.policy.retry.known, &KnownFlake::signature);
    if (signatures.empty() || !output_) return std::nullopt;
    const Result<std::optional<std::size_t>> found =
        first_found(signatures, output_->text(k_most_searched_output));
    if (found) return *found;
    ended.test.teller().complain_once("ignoring [[known-flaky]]: " + to_text(found.error()));
    return std::nullopt;
  }

  RetryDecision decide(const EndedAttempt& ended) {
    RetryQuestion question;
    question.policy = ended.test.grant.policy.retry;
    question.attempts = attempts_;
    question.failure_is_looked_for = ended.test.invocation.properties.until_fail;
    if (ended.native_end != k_longest) {
      question.time_left =
          time_for_attempt(os::monotonic_now(), ended.native_end, ended.test.grant.policy.grace);
    }
    question.seed = Fnv1a().add(first_).value();
    return decide_retry(question);
  }

  // Changes the decision if the run refuses it.
  std::optional<NextAttempt> next_attempt(const EndedAttempt& ended, RetryDecision& decision) {
    if (decision.step == RetryDecision::Step::done) return std::nullopt;
    wire::Again again = ended.test.held.keeper.asks_again(ended.scratch);
    decision = with_answer(std::move(decision), again.reason);
    is_refused_ = decision.step == RetryDecision::Step::done;
    if (is_refused_) return std::nullopt;
    ended.result.retry = decision.reason;
    os::log(LogLevel::debug, {decision.end, ": ", decision.reason});
    const supervision::AttemptIdentity& identity = ended.test.grant.identity;
    ended.test.teller().tell("\"" + brief(identity.test) + "\": attempt " +
                             std::to_string(identity.n) + ": " + decision.end + ", " +
                             decision.reason);
    settle_log(ended);
    earlier_.push_back({identity.n, decision.end, ended.result.log});
    if (again.attempt.empty()) again.attempt = first_ + "." + std::to_string(identity.n + 1);
    return NextAttempt{std::move(again.attempt), std::move(again.scratch), decision.wait,
                       decision.alone};
  }

  void come_to_the_end(const EndedAttempt& ended, const RetryDecision& decision) {
    if (is_flaky(attempts_)) note_flaky(ended);
    if (attempts_.back().verdict == MirroredVerdict::failed) {
      note_failure(ended, decision);
      tell_timeout(ended);
    }
    if (output_) output_->release();
    settle_log(ended);
  }

  // ctest has the output of an attempt that passed at once, and a report takes it from there. That
  // of a batch is kept because the parts of its cases are found in no other place.
  void settle_log(const EndedAttempt& ended) {
    if (!output_) return;
    const bool is_first = attempts_.size() == 1;
    if (is_first && attempts_.back().verdict != MirroredVerdict::failed && !ended.test.is_batch()) {
      output_->remove_log();
      ended.result.log.clear();
      return;
    }
    constexpr std::uint64_t k_kib = 1024;
    output_->cut_log(ended.test.grant.policy.kept_output_kb * k_kib);
  }

  void note_flaky(const EndedAttempt& ended) {
    supervision::AttemptResult& result = ended.result;
    result.is_flaky = true;
    say_last_words(words_on_flaky(attempts_.size()), *mirror_, ended, output_.get());
    if (ended.test.grant.policy.retry.flaky_result == FlakyResult::pass) return;
    result.observation.flaky_fails = true;
    result.verdict = name_of(MirroredVerdict::failed);
    supervision::add_clause(
        result.note, brief_in_quotes(ended.test.grant.identity.test) + ": passed on attempt " +
                         std::to_string(attempts_.size()) + ", and flaky-result is fail");
  }

  void note_failure(const EndedAttempt& ended, const RetryDecision& decision) {
    // Whoever interrupts a test waits for its end, so there is no time for probes.
    const supervision::AttemptResult& result = ended.result;
    if (result.outcome == Outcome::interrupted || result.pressed != 0) return;
    std::vector<Finding> findings;
    if (!earlier_.empty() && !is_refused_) findings = aftermath_.look_around(ended);
    if (std::optional<Finding> said = aftermath_.run_hook(ended)) {
      findings.push_back(std::move(*said));
    }
    ended.result.forensics = findings;
    const std::string end = describe_end(ended.result.outcome, ended.result.observation.main);
    say_last_words(words_on_failure(end, decision.reason, earlier_, findings), *mirror_, ended,
                   output_.get());
  }

  // Writes the first line of the output, which ctest looks for (timeouts.cmake). With `--repeat`,
  // ctest looks for the line only the first time. Without a keeper, we do not know whether this is
  // the first time.
  void tell_timeout(const EndedAttempt& ended) {
    const bool is_looked_for = ended.test.invocation.told_timeout.count() > 0 &&
                               !ended.test.grant.is_again && ended.test.held.keeper.connected();
    // The limit of a case does not concern ctest.
    const bool is_over = ended.result.outcome == Outcome::timed_out &&
                         ended.result.observation.end_reason == EndReason::timeout;
    if (!is_over || !is_looked_for) return;
    if (!output_ || !output_->holds_back() || output_->position() > k_most_before_end) return;
    ended.result.told_timeout = true;
    output_->put_first("holdfast: timed out after " +
                       describe(Milliseconds{ended.result.wall_us / 1000}) + ", attempt " +
                       std::to_string(ended.test.grant.identity.n) + "\n");
  }

  std::optional<Policy> far_;  // the policy for the node on which the test runs; none: it runs here
  std::vector<std::string> cases_left_;  // of a batch, for the next attempt; empty: all
  std::optional<CTestVerdict> mirror_;
  Aftermath aftermath_;
  std::vector<EarlierAttempt> earlier_;
  bool is_refused_ = false;              // the run has refused another attempt
  std::unique_ptr<OutputRelay> output_;  // of the latest attempt; null: it was not captured
  std::vector<AttemptResult> attempts_;  // as they were judged
  std::string first_;                    // id of the first attempt
  std::optional<Milliseconds> timeout_;  // of the policy, before it was shortened
  Milliseconds native_end_ = k_longest;
};

}  // namespace

std::string words_on_flaky(std::size_t attempts) {
  return "<CTestLabel>flaky</CTestLabel>\n"
         "<CTestMeasurement type=\"numeric/integer\" name=\"holdfast.attempts\">" +
         std::to_string(attempts) + "</CTestMeasurement>\n";
}

std::string words_on_failure(std::string_view end, std::string_view reason,
                             const std::vector<EarlierAttempt>& earlier,
                             const std::vector<Finding>& findings) {
  if (earlier.empty() && findings.empty()) return {};
  std::string text = std::string(k_prefix) + std::string(end);
  text += (reason.empty() ? "" : ", ") + std::string(reason) + "\n";
  for (const EarlierAttempt& attempt : earlier) {
    text += std::string(k_prefix) + "  attempt " + std::to_string(attempt.n) + ": " + attempt.how;
    text += (attempt.log.empty() ? "" : ", its output: " + attempt.log) + "\n";
  }
  return text + forensics::to_text(findings);
}

OutputWay way_of_output(const Policy& policy, ExitMode mode) {
  if (mode == ExitMode::ctest) {
    if (policy.retry.may_retry()) return OutputWay::held_back;
    return policy.isolation || policy.hooks.any() ? OutputWay::captured : OutputWay::direct;
  }
  // A person at a terminal wants the output of each attempt, and many commands work better with a
  // terminal than with a pipe.
  const bool is_read = !policy.retry.known.empty() || !policy.hooks.before_kill.empty();
  return is_read ? OutputWay::captured : OutputWay::direct;
}

std::unique_ptr<supervision::AttemptRunner> test_runner() { return std::make_unique<TestRunner>(); }

}  // namespace holdfast::exec
