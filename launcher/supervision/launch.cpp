#include "supervision/launch.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "core/base/attempt_tag.hpp"
#include "core/base/parts.hpp"
#include "core/base/test_environment.hpp"
#include "core/outcome/end_verdict.hpp"
#include "core/settings/policy.hpp"
#include "os/file/file_text.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "supervision/attempt/attempt_environment.hpp"
#include "supervision/attempt/attempt_result.hpp"
#include "supervision/attempt/evidence.hpp"
#include "supervision/attempt/scratch.hpp"
#include "supervision/attempt/unwatched.hpp"
#include "supervision/base/messages.hpp"
#include "supervision/locks/lock_taking.hpp"
#include "supervision/services/service_asking.hpp"

namespace holdfast::supervision {
namespace {

// How long we wait for ctest to end a test whose limit is over. ctest needs longer only if it is
// stopped or the machine is overloaded.
constexpr Milliseconds k_ctest_patience{30'000};

// `holdfast run` has left the descriptor open for us, or the launcher has for holdfast-exec. The
// command must not get it.
os::UniqueFd kept_from_command(int descriptor) {
  os::UniqueFd own(descriptor);
  if (own.valid() && ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) return {};
  return own;
}

// Takes a test from its grant to its record. Takes the locks before each attempt, and releases them
// when the attempt is over.
class Launch {
 public:
  Launch(Invocation invocation, Surroundings around, AttemptRunner& runner)
      : invocation_(std::move(invocation)),
        around_(std::move(around)),
        service_keeper_(KeeperLink::adopt(kept_from_command(invocation_.line.service_keeper))),
        cluster_(kept_from_command(invocation_.line.cluster)),
        clock_(invocation_.limits),
        runner_(runner) {
    if (!invocation_.tells_locks) clock_.start();
  }

  Exit run() {
    if (!invocation_.not_understood.empty()) {
      teller().complain("ignoring " + invocation_.not_understood);
    }
    grant_ = seek_grant(invocation_, around_.callers, keeper_);
    begin_log();
    if (invocation_.bare) return run_unwatched();
    if (runner_.is_plain() && needs_exec()) hand_over_test();
    return run_granted();
  }

  // Goes on with what holdfast-launcher found out before it became this program.
  Exit go_on(HandedOver&& handed) {
    grant_ = complete(std::move(handed.grant), invocation_, os::own_name());
    if (handed.far) grant_.identity.n = handed.far->n;
    keeper_ = std::move(handed.keeper);
    begin_log();
    return run_granted();
  }

 private:
  // The keeper says how much is logged. Without one, HOLDFAST_LOG does. The launcher writes the
  // lines below `info`: the keeper has those above from what it is told anyway.
  void begin_log() {
    const bool is_told = keeper_.connected() || invocation_.is_afar;
    const LogLevel level = is_told ? grant_.log : os::log_level_or(LogLevel::info);
    if (level >= LogLevel::info) return;
    LogTarget log{
        invocation_.is_afar ? invocation_.far_log : os::log_beside(grant_.identity.journal), level,
        runner_.is_plain() ? "launcher" : "exec", grant_.identity.test, grant_.identity.attempt};
    if (invocation_.is_afar) log.part += "@" + invocation_.far_node;
    os::begin_log(std::move(log));
    os::log(LogLevel::debug, {"goes on with what the ",
                              is_told ? "keeper has granted" : "properties of the test say"});
  }

  bool is_batch() const { return grant_.policy.isolation && invocation_.attach; }

  // The test needs holdfast-exec if it is a batch, may have a second attempt, or has hooks.
  bool needs_exec() const {
    const Policy& policy = grant_.policy;
    return grant_.refusal.empty() &&
           (is_batch() || policy.retry.may_retry() || policy.hooks.any() || is_for_node());
  }

  // Whether the test runs on another machine. It stays here without a build tree, which both sides
  // must see. It also stays here if its fixtures share a /tmp or a network on this machine, or if
  // its limit begins when ctest reads a line of its output (TIMEOUT_AFTER_MATCH).
  bool is_for_node() const {
    return grant_.policy.engine.kind != Engine::local && invocation_.attach &&
           !invocation_.is_afar && grant_.shared_tmp.empty() && !grant_.shares_network &&
           !invocation_.limits.kept;
  }

  // Returns only when the hand-over has failed. Then the test is refused.
  void hand_over_test() {
    HandOver handed;
    handed.callers = around_.callers;
    handed.keeper = std::move(keeper_);
    handed.service_keeper = std::move(service_keeper_);
    handed.cluster = std::move(cluster_);
    grant_.refusal = to_text(hand_over(invocation_, grant_, handed));
    keeper_ = std::move(handed.keeper);
    service_keeper_ = std::move(handed.service_keeper);
    cluster_ = std::move(handed.cluster);
  }

  Exit run_granted() {
    // A batch finds out by itself which framework its program has.
    if (is_batch()) {
      may_ask_for_cases_ = grant_.program.can_be_asked() && !preloads(invocation_.environment);
      grant_.program = {};
    }
    const TestSchedule schedule = schedule_of(invocation_.facts);
    std::vector<LockSpec> all_locks;  // of an attempt that runs partly on another machine
    if (is_for_node()) {
      all_locks = grant_.policy.locks;
      far_ = take_far_share(grant_.policy);
    }
    while (true) {
      os::set_process_title(os::k_launcher_name, {os::k_launcher_title, grant_.identity.attempt});
      os::log_attempt(grant_.identity.attempt);
      warn(record_start(grant_.identity, far_ ? all_locks : grant_.policy.locks, schedule));
      AttemptScratch scratch(std::move(grant_.scratch));
      AttemptResult result = attempt_with_locks(scratch);
      std::optional<NextAttempt> next = runner_.conclude(
          {invocation_, grant_, keeper_, around_, clock_.end(), scratch.state(), teller(), result});
      if (!invocation_.is_afar) tell_of(result, scratch);
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

  // Not called on the far side of an attempt: the near side tells people the same.
  void tell_of(const AttemptResult& result, const AttemptScratch& scratch) {
    if (!result.note.empty()) tell_note(result);
    if (!result.older_fixtures.empty()) teller().tell(in_words(result.older_fixtures));
    tell_scratch(scratch, result);
  }

  Exit end_as(const AttemptResult& result, const AttemptScratch& scratch) {
    const Exit end = exit_of(result.outcome, result.observation, invocation_.mode());
    bid_farewell(keeper_.fd(), scratch.state(), came_out(result, end));
    end_services(service_keeper_, around_);
    if (!has_lost_lock(result.observation)) wait_for_release(cluster_, around_);
    const bool timed_out = result.observation.end_reason == EndReason::timeout;
    if (result.told_timeout) clock_.start_anew(invocation_.told_timeout);
    if (timed_out && !around_.parent_tells &&
        (result.told_timeout || clock_.judges(grant_.policy, invocation_.facts))) {
      keeper_ = KeeperLink{};
      // ctest says `***Timeout` only if it ends us itself.
      (void)wait_until(around_, clock_.end() + k_ctest_patience);
    }
    return end;
  }

  // Whether ctest tells us when the limit is over. Then we have no limit of our own, and ctest says
  // `***Timeout` when we are gone.
  bool is_told_of_limit() const {
    return around_.parent_tells && runner_.is_plain() &&
           clock_.judges(grant_.policy, invocation_.facts);
  }

  // The verdict for the record. If ctest or the keeper dies early, a report has no other verdict.
  std::string verdict_of(const AttemptResult& result) const {
    EndedTest test;
    test.outcome = result.outcome;
    test.end = exit_of(result.outcome, result.observation, invocation_.mode());
    test.skip_code = invocation_.skip_code;
    test.judged = invocation_.judged;
    test.properties = invocation_.facts.verdict;
    test.mirrored = result.verdict;
    return std::string(verdict_on_record(test));
  }

  // What ctest will say, as far as we know.
  std::string_view came_out(const AttemptResult& result, const Exit& end) const {
    if (!result.verdict.empty() && result.verdict != "unknown") return result.verdict;
    if (result.outcome == Outcome::skipped) return "skipped";
    return verdict_by_end(invocation_.facts.verdict, end);
  }

  Exit run_unwatched() {
    const AttemptIdentity& identity = grant_.identity;
    warn(record_bare(identity.journal, identity.test, identity.key, "HOLDFAST_ENABLED is OFF",
                     invocation_.skip_code ? MaySkip::yes : MaySkip::no));
    // This process becomes the test. Without the farewell the keeper would think that the launcher
    // was killed.
    bid_farewell(keeper_.fd(), LentScratch::reusable, "bare");
    return run_bare(invocation_, around_.callers);
  }

  AttemptResult attempt_with_locks(AttemptScratch& scratch) {
    if (around_.parent_gone) return not_begun("ctest had ended before the test began", SIGTERM);
    if (interrupted_ != 0) {
      return not_begun(in_words("interrupted before it was tried again"), interrupted_);
    }
    if (!grant_.refusal.empty()) return refused(in_words(grant_.refusal));
    const bool is_alone = invocation_.attach && !keeper_.connected() && !invocation_.is_afar;
    if (const std::string_view why = needs_keeper(grant_, invocation_); is_alone && !why.empty()) {
      return refused(in_words(std::string(why)));
    }
    HeldLocks above(invocation_.held);
    Teller say = teller();
    TakenLocks locks = take_locks(grant_, above, around_, keeper_, cluster_door(), say);
    if (locks.end != TakenLocks::End::had) return without_locks(locks, grant_.identity.test);
    SharedNetwork network;
    HadServices services;
    std::optional<AttemptResult> why_not = wait_with_locks(locks, network, services);
    // Minutes may have passed, and the test must not begin without its locks.
    if (locks.cluster.is_lost_now())
      return lost_before_start(locks, services, grant_.identity.test);
    if (why_not) return std::move(*why_not);
    if (invocation_.tells_locks && grant_.identity.n == 1) tell_had(locks.waited + services.waited);
    const bool wants_own = !invocation_.attach && says_scratch(invocation_);
    const bool needs_one =
        !runner_.is_plain() || invocation_.is_afar || grant_.policy.containment.has(Boundary::tmp);
    if (wants_own || (needs_one && scratch.path().empty() && !far_)) make_own(scratch);
    std::vector<Variable>& told = services.variables;
    told.insert(told.end(), invocation_.near_variables.begin(), invocation_.near_variables.end());
    AttemptResult result = attempt({grant_, above, locks, told, scratch.path()}, locks,
                                   network.descriptor.get(), scratch);
    result.lock_wait += locks.waited;
    result.service_wait += services.waited;
    // A batch may have had later generations too.
    std::ranges::transform(services.uses, std::inserter(result.services, result.services.begin()),
                           [](const HadService& use) { return to_text(use); });
    if (!result.services.empty() && !is_good(result.outcome)) {
      note_red_services(look_at_services(services_of(), around_), result);
    }
    for (const os::LockRequest& lock : locks.held) lock.tidy_below(grant_.identity.attempt);
    if (!locks.held.empty()) os::log(LogLevel::debug, {"lets its locks go"});
    return result;
  }

  // Waits for what the attempt needs besides its locks. Returns its result if it cannot begin.
  std::optional<AttemptResult> wait_with_locks(TakenLocks& locks, SharedNetwork& network,
                                               HadServices& services) {
    const LossEndsWaits watched(&locks.cluster, around_);
    if (shares_network()) network = ask_for_network(services_of(), around_);
    if (network.signal != 0) {
      return not_begun(in_words("interrupted while waiting for its network"), network.signal);
    }
    if (!network.lost.empty()) {
      return refused(in_words("the network that it shares is lost: " + network.lost));
    }
    if (!network.trouble.empty() && !does_without_network(network.trouble)) {
      return refused(in_words("not allowed here: " + trouble_with_network(network.trouble)));
    }
    Teller say = teller();
    services =
        ask_for_services(grant_.policy.services, grant_.identity.test, services_of(), around_, say);
    if (services.end == HadServices::End::had) return std::nullopt;
    for (std::string_view lines = services.last_lines; !lines.empty();) {
      write_line(text_of({"its output: ", take_part(lines, '\n')}));
    }
    AttemptResult result = without_services(services, grant_.identity.test);
    result.lock_wait = locks.waited;
    return result;
  }

  // Whether the test is in a network with its services or fixtures.
  bool shares_network() const {
    const Policy& policy = grant_.policy;
    return policy.containment.has(Boundary::netns) &&
           (grant_.shares_network || (service_keeper_.connected() && !policy.services.empty()));
  }

  static std::string trouble_with_network(const std::string& why) {
    return "containment = \"netns\": " + why;
  }

  // True: the test goes on without a network of its own.
  bool does_without_network(const std::string& why) {
    if (grant_.policy.containment_missing == ContainmentMissing::fail) return false;
    teller().complain_once("ignoring " + trouble_with_network(why));
    grant_.policy.containment = grant_.policy.containment.without({Boundary::netns});
    return true;
  }

  // Runs the test itself, once. `network`: the network that it shares; -1: none.
  AttemptResult attempt(const AttemptFacts& facts, TakenLocks& locks, int network,
                        AttemptScratch& scratch) {
    const AttemptIdentity& identity = grant_.identity;
    const Policy& policy = grant_.policy;
    Teller say = teller();
    TestEnvironment environment = attempt_environment(invocation_, facts);
    const Evidence evidence = ask_for_evidence(invocation_, grant_, scratch.path(), environment);
    AttemptPlan plan;
    plan.command = {invocation_.command, environment.environ(), tag_number(identity.attempt)};
    plan.policy = policy;
    if (is_told_of_limit()) plan.policy.timeout = Milliseconds{0};
    plan.mode = invocation_.mode();
    plan.keeper = keeper_.fd();
    plan.locks = &locks.held;
    if (locks.cluster.is_connected()) plan.cluster = &locks.cluster;
    plan.identity = &identity;
    plan.native_end = clock_.end();
    plan.timeout_signal = invocation_.limits.end_signal;
    plan.timeout_grace = invocation_.limits.end_grace;
    plan.stop_time = clock_.stop_time();
    plan.loudness = invocation_.line.loudness;
    plan.rights_file = evidence.googletest.runs_file;
    plan.may_ask_for_cases = may_ask_for_cases_;
    plan.required_files = invocation_.facts.required_files;
    plan.teller = &say;
    plan.is_plain = runner_.is_plain();
    if (far_) return attempt_afar(plan, locks);
    if (policy.containment.has_any()) {
      plan.contained = containment_needs(grant_, invocation_, scratch.path());
      plan.contained.network = network;
      if (!plan.contained.refusal.empty()) return refused(in_words(plan.contained.refusal));
    }
    AttemptResult result = runner_.run(plan, around_);
    locks.cluster.end_watch();  // what follows may take longer than the lease
    os::ScratchContent left = scratch.look();
    if (runner_.judges_cases()) {
      note_orphans(grant_, left, result);
      if (result.ran_no_case) weigh_end(invocation_, result);
    } else {
      weigh_evidence(evidence, invocation_, grant_, left, result);
      weigh_memory(keeper_, result);
    }
    notice_lost_locks(locks.held, identity.test, result);
    notice_lost_lease(locks.cluster, identity.test, result);
    const bool has_tmp = policy.containment.has(Boundary::tmp) && plan.contained.tmp;
    const Scratch what =
        has_tmp ? scratch.settle_tmp(plan.contained, policy, result, left) : policy.scratch;
    result.scratch = scratch.settle(what, result.outcome, left);
    if (result.note.empty()) {
      result.note = note_on(result, identity.test, invocation_.command[0], policy);
    }
    return result;
  }

  // Where connections for holdfast-etcd are sent: to ctest's keeper, which passes them on, or for a
  // command to holdfast-etcd itself.
  int cluster_door() const { return cluster_.valid() ? cluster_.get() : keeper_.fd(); }

  // The far side weighs all evidence, which is on its machine.
  AttemptResult attempt_afar(AttemptPlan& plan, TakenLocks& locks) {
    const FarOrder order{invocation_, grant_, *far_};
    plan.far = &order;
    AttemptResult result = runner_.run(plan, around_);
    locks.cluster.end_watch();
    notice_lost_locks(locks.held, grant_.identity.test, result);
    notice_lost_lease(locks.cluster, grant_.identity.test, result);
    return result;
  }

  // The process that has the services: ctest's keeper, or the service keeper of this command.
  KeeperLink& services_of() { return service_keeper_.connected() ? service_keeper_ : keeper_; }

  void make_own(AttemptScratch& scratch) {
    Result<AttemptScratch> made = AttemptScratch::make_own();
    if (made) {
      scratch = std::move(*made);
    } else {
      teller().complain(
          in_words("ignoring that it has no scratch directory: " + to_text(made.error())));
    }
  }

  // Prints the first line of the test's output, for which ctest waits (lock_line.cmake).
  void tell_had(Milliseconds waited) {
    write_line(lock_line(grant_.policy, waited));
    // CTest 3.25 forgets the regular expression for this line after the first match. So ctest never
    // starts its clock for a later attempt of `--repeat`, and will not end that attempt.
    if (!grant_.is_again) clock_.start();
  }

  void tell_scratch(const AttemptScratch& scratch, const AttemptResult& result) {
    const std::string kept = "its scratch directory is kept: ";
    if (!scratch.trouble().empty()) {
      teller().complain(in_words(kept + scratch.trouble()));
    } else if (scratch.is_own() && !result.scratch.empty()) {
      teller().tell(in_words(kept + result.scratch));
    }
  }

  // It is worth knowing that a test left something behind or had nothing to run. Any other note is
  // an error.
  void tell_note(const AttemptResult& result) {
    if (is_worth_knowing(result)) return teller().tell(result.note);
    if (result.outcome == Outcome::interrupted && result.report.survivors == 0) {
      return teller().complain_of_interruption(result.note);
    }
    const bool tells_of_waits = result.outcome == Outcome::lock_timeout;
    teller().complain(result.note, tells_of_waits ? Layout::folded : Layout::one_line);
  }

  // A record that cannot be written causes a warning and nothing else.
  void warn(const Result<void>& recorded) {
    if (recorded || warned_) return;
    warned_ = true;
    teller().complain_once(describe_unrecorded(recorded.error()));
  }

  Teller teller() {
    return {keeper_.connected() ? &keeper_ : nullptr, invocation_.line.loudness, invocation_.lines};
  }

  std::string in_words(const std::string& trouble) const {
    return "\"" + invocation_.test + "\": " + trouble;
  }

  Invocation invocation_;
  Surroundings around_;
  KeeperLink keeper_;
  KeeperLink service_keeper_;
  os::UniqueFd cluster_;
  Grant grant_;
  bool may_ask_for_cases_ = false;  // AttemptPlan
  std::optional<Policy> far_;       // the node's part of the policy, if the attempt runs on a node
  CtestClock clock_;
  AttemptRunner& runner_;
  int interrupted_ = 0;  // the signal that came before another attempt
  bool warned_ = false;
};

bool is_under_ctest() { return ::getenv(environment::k_attach.data()) != nullptr; }

}  // namespace

// The environment tells the mode, because arguments may not be read yet. Under ctest a failure of
// ours must not be an exit code.
Exit cannot_begin(const std::string& why) {
  write_line(why);
  return own_failure(is_under_ctest() ? ExitMode::ctest : ExitMode::command);
}

Exit launch(char** arguments, char** environment, const Runners& runners, HandedOver* handed) {
  // holdfast-exec takes over at once for a batch: whatever we found out before would be lost. At
  // this point only the test's own property tells of a batch. Other settings are read later.
  const bool is_told_of_batch =
      is_under_ctest() && ::getenv(environment::k_property_isolation.data()) != nullptr;
  if (runners.tests.is_plain() && is_told_of_batch) become_exec(arguments, environment);
  Result<Invocation> invocation = read_invocation(arguments, environment);
  if (!invocation) return cannot_begin(to_text(invocation.error()));
  if (invocation->line.help) {
    (void)os::write_all(STDOUT_FILENO, "holdfast: `holdfast run --help` says what there is\n");
    return {Exit::Kind::code, 0};
  }
  if (invocation->line.step) {
    return launch_step(std::move(*invocation), handed, runners.steps);
  }
  os::CallersSignals callers;
  if (handed != nullptr) {
    if (handed->far) be_far_side(*handed->far, *invocation);
    callers = handed->callers;
  } else {
    if (invocation->line.settings >= 0) {
      Result<Values> said = take_settings(invocation->line.settings);
      if (!said) return cannot_begin(to_text(said.error()));
      invocation->said = std::move(*said);
    }
    callers = os::take_signals();
    if (const std::string_view trouble = os::trouble_with_watching(); !trouble.empty()) {
      return launch_unwatched(*invocation, callers, trouble);
    }
  }
  Result<Surroundings> around = look_around(*invocation, callers);
  if (!around) return cannot_begin(to_text(around.error()));
  Launch launch(std::move(*invocation), std::move(*around), runners.tests);
  return handed != nullptr ? launch.go_on(std::move(*handed)) : launch.run();
}

}  // namespace holdfast::supervision
