#include "launch/launch.hpp"

#include <cstdlib>
#include <ranges>
#include <vector>

#include "attempt/evidence.hpp"
#include "attempt/messages.hpp"
#include "attempt/records.hpp"
#include "attempt/scratch.hpp"
#include "attempt/unwatched.hpp"
#include "base/environment.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "values/policy.hpp"

namespace holdfast::supervision {
namespace {

// How long we wait for ctest to end a test whose limit is over. ctest needs longer only if it is
// stopped or the machine is overloaded.
constexpr Milliseconds k_ctest_patience{30'000};

// Takes a test from its grant to its record. Acquires its needs before each attempt, and lets them
// go when the attempt is over.
class Launch {
 public:
  // Both must outlive this object.
  Launch(TestAtHand& test, const Runners& runners)
      : test_(test),
        invocation_(test_.invocation),
        around_(test_.around),
        held_(test_.held),
        grant_(test_.grant),
        clock_(invocation_.limits),
        runner_(runners.tests),
        needs_(runners.needs) {
    if (!invocation_.tells_locks) clock_.start();
  }

  Exit run() {
    if (held_.grant) {
      grant_ = complete(std::move(*held_.grant), invocation_, os::own_name());
      if (invocation_.far) grant_.identity.n = invocation_.far->n;
    } else {
      if (!invocation_.not_understood.empty()) {
        test_.teller().complain("ignoring " + invocation_.not_understood);
      }
      seek_grant(test_);
    }
    begin_log();
    if (invocation_.bare) return run_unwatched();
    if (runner_.is_plain() && test_.needs_exec()) {
      held_.grant = grant_;
      // This returns only when the hand-over has failed. Then the test is refused.
      grant_.refusal = to_text(hand_over(invocation_, held_));
    }
    return run_granted();
  }

 private:
  // The keeper says how much is logged. Without one, HOLDFAST_LOG does. The launcher writes the
  // lines below `info`: the keeper has those above from what it is told anyway.
  void begin_log() {
    const std::optional<FarSide>& far = invocation_.far;
    const bool is_told = held_.keeper.connected() || far;
    const LogLevel level = is_told ? grant_.log : os::log_level_or(LogLevel::info);
    if (level >= LogLevel::info) return;
    LogTarget log{far ? far->log : os::log_beside(grant_.identity.journal), level,
                  runner_.is_plain() ? "launcher" : "exec", grant_.identity.test,
                  grant_.identity.attempt};
    if (far) log.part += "@" + far->node;
    os::begin_log(std::move(log));
    os::log(LogLevel::debug, {"goes on with what the ",
                              is_told ? "keeper has granted" : "properties of the test say"});
  }

  Exit run_granted() {
    const TestSchedule schedule = schedule_of(invocation_.properties);
    runner_.begin(test_);
    while (true) {
      os::set_process_title(os::k_launcher_name, {os::k_launcher_title, grant_.identity.attempt});
      os::log_attempt(grant_.identity.attempt);
      const std::vector<LockSpec>& locks = test_.all_locks ? *test_.all_locks : grant_.policy.locks;
      warn(record_start(grant_.identity, locks, schedule));
      AttemptScratch scratch(std::move(grant_.scratch));
      AttemptResult result = attempt_with_needs(scratch);
      std::optional<NextAttempt> next =
          runner_.conclude({test_, clock_.end(), scratch.state(), result});
      // The near side of an attempt tells people the same.
      if (!invocation_.far) tell_of(result, scratch);
      result.verdict = verdict_of(result);
      if (os::logs(LogLevel::debug)) os::log(LogLevel::debug, {account_of(result)});
      warn(record_end(grant_.identity, result));
      if (!next) return end_as(result, scratch);
      grant_.identity.attempt = next->attempt;
      ++grant_.identity.n;
      grant_.scratch = std::move(next->scratch);
      interrupted_ = runner_.wait(*next, grant_.policy, around_);
    }
  }

  void tell_of(const AttemptResult& result, const AttemptScratch& scratch) {
    if (!result.note.empty()) tell_note(result);
    if (!result.older_fixtures.empty()) {
      test_.teller().tell(test_.in_words(result.older_fixtures));
    }
    tell_scratch(scratch, result);
  }

  Exit end_as(const AttemptResult& result, const AttemptScratch& scratch) {
    const Exit end = exit_of(result.outcome, result.observation, invocation_.mode());
    bid_farewell(held_.keeper.fd(), scratch.state(), came_out(result, end));
    for (Need* const need : std::views::reverse(needs_)) need->end(test_, result);
    const bool timed_out = result.observation.end_reason == EndReason::timeout;
    if (result.told_timeout) clock_.start_anew(invocation_.told_timeout);
    if (timed_out && !around_.parent_tells &&
        (result.told_timeout || clock_.judges(grant_.policy, invocation_.properties))) {
      held_.keeper = KeeperLink{};
      // ctest says `***Timeout` only if it ends us itself.
      (void)wait_until(around_, clock_.end() + k_ctest_patience);
    }
    return end;
  }

  // Whether ctest tells us when the limit is over. Then we have no limit of our own, and ctest says
  // `***Timeout` when we are gone.
  bool is_told_of_limit() const {
    return around_.parent_tells && runner_.is_plain() &&
           clock_.judges(grant_.policy, invocation_.properties);
  }

  // The verdict for the record. If ctest or the keeper dies early, a report has no other verdict.
  std::string verdict_of(const AttemptResult& result) const {
    return std::string(
        verdict_on_record({.outcome = result.outcome,
                           .end = exit_of(result.outcome, result.observation, invocation_.mode()),
                           .skip_code = invocation_.skip_code,
                           .judged = invocation_.judged,
                           .properties = invocation_.properties.verdict,
                           .mirrored = result.verdict}));
  }

  // What ctest will say, as far as we know.
  wire::CameOut came_out(const AttemptResult& result, const Exit& end) const {
    std::string_view verdict = result.verdict;
    if (verdict.empty() || verdict == "unknown") {
      if (result.outcome == Outcome::skipped) return wire::CameOut::skipped;
      verdict = verdict_by_end(invocation_.properties.verdict, end);
    }
    return named<wire::CameOut>(verdict).value_or(wire::CameOut::not_said);
  }

  Exit run_unwatched() {
    const AttemptIdentity& identity = grant_.identity;
    warn(record_bare(identity.journal, identity.test, identity.key, "HOLDFAST_ENABLED is OFF",
                     invocation_.skip_code ? MaySkip::yes : MaySkip::no));
    // This process becomes the test. Without the farewell the keeper would think that the launcher
    // was killed.
    bid_farewell(held_.keeper.fd(), LentScratch::reusable, wire::CameOut::bare);
    return run_bare(invocation_, around_.callers);
  }

  AttemptResult attempt_with_needs(AttemptScratch& scratch) {
    test_.lock_wait = test_.service_wait = Milliseconds{0};
    std::optional<AttemptResult> why_not = acquire_needs();
    if (why_not) {
      for (Need* const need : std::views::reverse(needs_)) need->let_go();
    }
    AttemptResult result = why_not ? std::move(*why_not) : attempt(scratch);
    result.lock_wait += test_.lock_wait;
    result.service_wait += test_.service_wait;
    return result;
  }

  // Returns the result of an attempt that cannot begin.
  std::optional<AttemptResult> acquire_needs() {
    if (around_.parent_gone) return not_begun("ctest had ended before the test began", SIGTERM);
    if (interrupted_ != 0) {
      return not_begun(test_.in_words("interrupted before it was tried again"), interrupted_);
    }
    if (!grant_.refusal.empty()) return refused(test_.in_words(grant_.refusal));
    const bool is_alone = invocation_.attach && !held_.keeper.connected() && !invocation_.far;
    if (const std::string_view why = needs_keeper(grant_, invocation_); is_alone && !why.empty()) {
      return refused(test_.in_words(why));
    }
    for (std::size_t i = 0; i < needs_.size(); ++i) {
      const Needs earlier = needs_.first(i);
      const LossEndsWaits watched(earlier, around_);
      std::optional<AttemptResult> why_not = needs_[i]->acquire(test_);
      // Minutes may have passed, and the test must not begin without them.
      for (Need* const need : earlier) {
        if (std::optional<AttemptResult> lost = need->confirm(test_)) return lost;
      }
      if (why_not) return why_not;
    }
    return std::nullopt;
  }

  // The attempt has its needs.
  AttemptResult attempt(AttemptScratch& scratch) {
    if (invocation_.tells_locks && grant_.identity.n == 1) tell_had();
    const bool wants_own = !invocation_.attach && says_scratch(invocation_);
    const bool needs_one =
        !runner_.is_plain() || invocation_.far || grant_.policy.containment.has(Boundary::tmp);
    if (wants_own || (needs_one && scratch.path().empty() && !test_.all_locks)) make_own(scratch);
    AttemptResult result = run_test(scratch);
    for (Need* const need : std::views::reverse(needs_)) need->release(test_, result);
    return result;
  }

  // Runs the test itself, once.
  AttemptResult run_test(AttemptScratch& scratch) {
    const Policy& policy = grant_.policy;
    const bool is_here = !test_.all_locks;  // else the other side weighs all evidence
    Teller say = test_.teller();
    AttemptPlan plan;
    plan.test = &test_;
    plan.needs = needs_;
    plan.policy = policy;
    if (is_told_of_limit()) plan.policy.timeout = Milliseconds{0};
    plan.mode = invocation_.mode();
    plan.keeper = held_.keeper.fd();
    plan.identity = &grant_.identity;
    plan.native_end = clock_.end();
    plan.timeout_signal = invocation_.limits.end_signal;
    plan.timeout_grace = invocation_.limits.end_grace;
    plan.stop_time = clock_.stop_time();
    plan.loudness = invocation_.line.loudness;
    plan.teller = &say;
    plan.is_plain = runner_.is_plain();
    if (is_here && policy.containment.has_any()) {
      plan.contained = containment_needs(grant_, invocation_, scratch.path());
      if (!plan.contained.refusal.empty()) {
        return refused(test_.in_words(plan.contained.refusal));
      }
    }
    TestEnvironment environment = attempt_environment(test_, scratch.path(), plan);
    const std::vector<Need*> kept = kept_needs();
    plan.needs = kept;
    // A batch finds out by itself what its program can tell.
    const Evidence evidence =
        test_.is_batch() ? Evidence()
                         : ask_for_evidence(invocation_, grant_, scratch.path(), environment);
    plan.rights_file = evidence.googletest.runs_file;
    plan.command = {invocation_.command, environment.environ(),
                    tag_number(grant_.identity.attempt)};
    AttemptResult result = runner_.run(plan, around_);
    for (Need* const need : needs_) need->end_watch();  // what follows may take longer
    os::ScratchContent left;
    if (is_here) {
      left = scratch.look();
      weigh(evidence, left, result);
    }
    for (Need* const need : needs_) need->judge(test_, result);
    if (is_here) settle(scratch, plan.contained, left, result);
    return result;
  }

  // Only those that descriptors keep can be lost while the test runs, or must be let go. A plain
  // attempt has none, so launcher and guard ask nobody.
  std::vector<Need*> kept_needs() const {
    std::vector<Need*> kept;
    for (Need* const need : needs_) {
      std::vector<int> descriptors;
      need->add_descriptors(descriptors);
      if (!descriptors.empty()) kept.push_back(need);
    }
    return kept;
  }

  void weigh(const Evidence& evidence, const os::ScratchContent& left, AttemptResult& result) {
    if (test_.is_batch()) {
      note_orphans(grant_, left, result);
      if (result.ran_no_case) weigh_end(invocation_, result);
    } else {
      weigh_evidence(evidence, invocation_, grant_, left, result);
      weigh_memory(held_.keeper, result);
    }
  }

  void settle(AttemptScratch& scratch, const ContainmentNeeds& contained, os::ScratchContent& left,
              AttemptResult& result) {
    const Policy& policy = grant_.policy;
    const bool has_tmp = policy.containment.has(Boundary::tmp) && contained.tmp;
    const Scratch what =
        has_tmp ? scratch.settle_tmp(contained, policy, result, left) : policy.scratch;
    result.scratch = scratch.settle(what, result.outcome, left);
    if (!result.note.empty()) return;
    result.note = note_on(result, grant_.identity.test, invocation_.command[0], policy);
  }

  void make_own(AttemptScratch& scratch) {
    Result<AttemptScratch> made = AttemptScratch::make_own();
    if (made) {
      scratch = std::move(*made);
    } else {
      test_.teller().complain(
          test_.in_words("ignoring that it has no scratch directory: " + to_text(made.error())));
    }
  }

  // Prints the first line of the test's output, for which ctest waits (lock_line.cmake).
  void tell_had() {
    write_line(lock_line(grant_.policy, test_.lock_wait + test_.service_wait));
    // CTest 3.25 forgets the regular expression for this line after the first match. So ctest never
    // starts its clock for a later attempt of `--repeat`, and will not end that attempt.
    if (!grant_.is_again) clock_.start();
  }

  void tell_scratch(const AttemptScratch& scratch, const AttemptResult& result) {
    const std::string kept = "its scratch directory is kept: ";
    if (!scratch.trouble().empty()) {
      test_.teller().complain(test_.in_words(kept + scratch.trouble()));
    } else if (scratch.is_own() && !result.scratch.empty()) {
      test_.teller().tell(test_.in_words(kept + result.scratch));
    }
  }

  // It is worth knowing that a test left something behind or had nothing to run. Any other note is
  // an error.
  void tell_note(const AttemptResult& result) {
    Teller teller = test_.teller();
    if (is_worth_knowing(result)) return teller.tell(result.note);
    if (result.outcome == Outcome::interrupted && result.report.survivors == 0) {
      return teller.complain_of_interruption(result.note);
    }
    const bool tells_of_waits = result.outcome == Outcome::lock_timeout;
    teller.complain(result.note, tells_of_waits ? Layout::folded : Layout::one_line);
  }

  // A record that cannot be written causes a warning and nothing else.
  void warn(const Result<void>& recorded) {
    if (recorded || warned_) return;
    warned_ = true;
    test_.teller().complain_once(describe_unrecorded(recorded.error()));
  }

  TestAtHand& test_;
  Invocation& invocation_;
  Surroundings& around_;
  HandOver& held_;
  Grant& grant_;
  CtestClock clock_;
  AttemptRunner& runner_;
  Needs needs_;
  int interrupted_ = 0;  // the signal that came before another attempt
  bool warned_ = false;
};

bool is_under_ctest() { return ::getenv(environment::k_attach.data()) != nullptr; }

// The environment tells the mode, because arguments may not be read yet. Under ctest a failure of
// ours must not be an exit code.
Exit cannot_begin(const std::string& why) {
  write_line(why);
  return own_failure(is_under_ctest() ? ExitMode::ctest : ExitMode::command);
}

}  // namespace

Exit launch(char** arguments, char** environment, const Runners& runners) {
  Result<HandOver> held = take_over(arguments);
  if (!held) return cannot_begin(to_text(held.error()));
  // holdfast-exec takes over at once for a batch: whatever we found out before would be lost. At
  // this point only the test's own property tells of a batch. Other settings are read later.
  const bool is_told_of_batch =
      is_under_ctest() && ::getenv(environment::k_property_isolation.data()) != nullptr;
  if (runners.tests.is_plain() && is_told_of_batch) become_exec(arguments, environment);
  return go_on(arguments, environment, runners, std::move(*held));
}

Exit go_on(char** arguments, char** environment, const Runners& runners, HandOver&& held) {
  Result<Invocation> invocation = read_invocation(arguments, environment);
  if (!invocation) return cannot_begin(to_text(invocation.error()));
  if (invocation->line.help) {
    (void)os::write_all(STDOUT_FILENO, "holdfast: `holdfast run --help` says what there is\n");
    return {Exit::Kind::code, 0};
  }
  if (invocation->line.step) {
    return launch_step(std::move(*invocation), std::move(held), runners.steps);
  }
  if (held.far) be_far_side(std::move(*held.far), *invocation);
  if (!held.said.empty()) invocation->said = std::move(held.said);
  if (!held.callers) {
    held.callers = os::take_signals();
    if (const std::string_view trouble = os::trouble_with_watching(); !trouble.empty()) {
      return launch_unwatched(*invocation, held, trouble);
    }
  }
  Result<Surroundings> around = look_around(*invocation, *held.callers);
  if (!around) return cannot_begin(to_text(around.error()));
  TestAtHand test{std::move(*invocation), std::move(*around), std::move(held), {}, {}};
  return Launch(test, runners).run();
}

}  // namespace holdfast::supervision
