#include "launcher/launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "core/attempt_tag.hpp"
#include "core/cgroup_name.hpp"
#include "core/environment.hpp"
#include "core/exit_codes.hpp"
#include "core/held_locks.hpp"
#include "core/keeper_address.hpp"
#include "core/test_environment.hpp"
#include "core/unrecorded.hpp"
#include "launcher/attempt.hpp"
#include "launcher/attempt_result.hpp"
#include "launcher/ctest_wait.hpp"
#include "launcher/enclosing_tree.hpp"
#include "launcher/invocation.hpp"
#include "launcher/keeper_link.hpp"
#include "launcher/lock_taking.hpp"
#include "launcher/messages.hpp"
#include "launcher/records.hpp"
#include "launcher/scratch.hpp"
#include "launcher/surroundings.hpp"
#include "launcher/teller.hpp"
#include "os/clock.hpp"
#include "os/process.hpp"
#include "os/system_call.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast::launcher {
namespace {

// Our own failure, before there is anything to observe.
Exit own_failure(ExitMode mode) {
  Observation failure;
  failure.own_failure = true;
  return exit_of(Outcome::internal_error, failure, mode);
}

// No pidfd (an old kernel, seccomp, gVisor) or exempt: the test runs as if we were not there.
Exit run_bare(const Invocation& invocation, const os::CallersSignals& callers) {
  TestEnvironment environment(invocation.environment);
  const int error = os::become({invocation.command, environment.environ()}, callers);
  write_line(
      os::system_error(std::string("failed to execute ") + invocation.command[0], error).message);
  Observation seen;
  seen.main = {ProcessEnd::Kind::never_started, error};
  return exit_of(Outcome::launch_failed, seen, invocation.mode());
}

class Launch {
 public:
  Launch(Invocation invocation, Surroundings around)
      : invocation_(std::move(invocation)), around_(std::move(around)) {
    if (!invocation_.tells_locks) start_ctests_clock();
  }

  Exit run() {
    identity_.test = invocation_.test;
    identity_.key = key_of(invocation_);
    identity_.launcher = os::own_name();
    if (!invocation_.warning.empty()) teller().complain(invocation_.warning);
    if (Result<void> settled = settle_policy(); !settled) return refuse(settled.error());
    if (invocation_.bare) {
      warn(
          record_bare(identity_.journal, identity_.test, identity_.key, "HOLDFAST_ENABLED is OFF"));
      // What comes now is the test: to the keeper it must not look like a launcher that was killed.
      bid_farewell(keeper_.fd(), LentScratch::reusable);
      return run_bare(invocation_, around_.callers);
    }
    warn(record_start(identity_, policy_.locks));
    AttemptResult result = attempt();
    if (!result.note.empty()) tell_note(result);
    if (has_own_scratch_ && !result.scratch.empty()) {
      teller().tell(in_words("its scratch directory is kept: " + result.scratch));
    }
    warn(record_end(identity_, result));
    bid_farewell(keeper_.fd(), scratch_is_reusable_ ? LentScratch::reusable : LentScratch::used);
    // ctest is about to end the test by itself, and says `***Timeout` only then.
    if (result.outcome == Outcome::timed_out && is_ctests_limit()) {
      keeper_ = KeeperLink{};
      wait_for_ctest(around_, native_end_);
    }
    return exit_of(result.outcome, result.observation, invocation_.mode());
  }

 private:
  void start_ctests_clock() {
    const Milliseconds limit = native_limit(invocation_.limits);
    if (limit != k_longest) native_end_ = std::min(k_longest, os::monotonic_now() + limit);
  }

  // The first line of the test's output, which ctest looks for (lock_line.cmake).
  void tell_locks(const TakenLocks& locks) {
    std::string line = "lock ";
    for (const os::LockRequest& lock : locks.held) {
      if (&lock != &locks.held.front()) line += ", ";
      line += lock.spec().name;
    }
    write_line(line + " after " + describe(locks.waited));
    start_ctests_clock();
  }

  // Whether the limit that held is one that ctest has been given more for, and not a shorter one of
  // holdfast.toml.
  bool is_ctests_limit() const {
    if (native_end_ == k_longest) return false;
    if (invocation_.limits.raised) return true;
    const Result<Milliseconds> own = parse_duration(invocation_.properties.default_timeout);
    return own && *own == policy_.timeout;
  }

  // That a test left something behind is worth knowing; everything else there is a note on is an
  // error.
  void tell_note(const AttemptResult& result) {
    if (result.observation.leaked && result.observation.end_reason == EndReason::none &&
        result.report.survivors == 0) {
      return teller().tell(result.note);
    }
    if (result.outcome == Outcome::interrupted && result.report.survivors == 0) {
      return teller().complain_of_interruption(result.note);
    }
    teller().complain(result.note);
  }

  Teller teller() { return {keeper_.connected() ? &keeper_ : nullptr, invocation_.line.loudness}; }

  Exit refuse(const Error& error) {
    write_line(in_words(error.message));
    return own_failure(invocation_.mode());
  }

  std::string in_words(const std::string& trouble) const {
    return "\"" + invocation_.test + "\": " + trouble;
  }

  // A record that cannot be written is said and changes nothing else.
  void warn(const Result<void>& recorded) {
    if (recorded || warned_) return;
    warned_ = true;
    teller().complain_once(describe_unrecorded(recorded.error()));
  }

  // From the keeper, which resolves for its run; else here, by the same rules.
  Result<void> settle_policy() {
    identity_.attempt =
        std::to_string(identity_.launcher.pid) + "-" + std::to_string(identity_.launcher.start);
    run_ = "run-" + identity_.attempt;
    if (invocation_.attach) {
      home_ = {invocation_.attach->project, invocation_.attach->tree};
      Result<bool> granted = ask_keeper();
      if (!granted) return granted.error();
      if (*granted) return {};
    } else {
      home_ = enclosing_tree();
    }
    Result<ResolvedPolicy> resolved = resolve(invocation_.properties, invocation_.line.overrides);
    if (!resolved) {
      refusal_ = resolved.error().message;
      return {};
    }
    for (const std::string& warning : resolved->warnings) teller().complain(warning);
    policy_ = std::move(resolved->policy);
    return {};
  }

  // Every later test of the run finds the same: the first says it. The flag is removed with the
  // sockets of keepers that are gone.
  void say_keeperless(const std::string& why) {
    const std::string flag =
        keeperless_flag(keeper_socket(os::user_directory_path(), invocation_.attach->ctest));
    const os::UniqueFd first(
        ::open(flag.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (first.valid() || errno != EEXIST) write_line(why);
  }

  // False: there is no keeper to ask.
  Result<bool> ask_keeper() {
    keeper_ = KeeperLink::find(*invocation_.attach, around_.callers);
    if (!keeper_.connected()) {
      if (!keeper_.trouble().empty()) say_keeperless(keeper_.trouble());
      return false;
    }
    wire::AttemptRequest request;
    request.test = identity_.test;
    request.key = identity_.key;
    request.include_count = invocation_.attach->include_count;
    request.launcher = identity_.launcher;
    request.soonest_end = soonest_end(invocation_.limits, Milliseconds{os::unix_now_ms()});
    request.properties = invocation_.properties;
    Result<wire::AttemptGrant> grant = keeper_.ask(request);
    if (!grant) {
      // Killed or stopped between our connecting and its answer.
      say_keeperless("no keeper (failed to " + grant.error().message +
                     "): tests run by their own properties, nothing is recorded");
      // Should it wake up and find the request, the attempt is over for it.
      bid_farewell(keeper_.fd(), LentScratch::used);
      keeper_ = KeeperLink{};
      return false;
    }
    run_ = grant->run;
    identity_.attempt = grant->attempt;
    identity_.journal = grant->journal;
    scratch_ = grant->scratch;
    refusal_ = grant->refusal;
    Result<Policy> policy = with_overrides(std::move(grant->policy), invocation_.line.overrides);
    if (!policy) {
      refusal_ = policy.error().message;
      return true;
    }
    policy_ = std::move(*policy);
    return true;
  }

  AttemptResult attempt() {
    Teller say = teller();
    if (around_.parent_gone) return not_begun("ctest had ended before the test began", SIGTERM);
    if (!refusal_.empty()) return refused(in_words(refusal_));
    Result<std::vector<LockSpec>> locks_here = locks_at(home_, std::move(policy_.locks));
    if (!locks_here) return refused(in_words(locks_here.error().message));
    policy_.locks = std::move(*locks_here);
    const HeldLocks above(invocation_.held);
    const LockParty self = own_party(above);
    TakenLocks locks = take_locks(policy_, {home_, above, self}, around_, keeper_, say);
    if (locks.end != TakenLocks::End::had) return without_locks(locks, identity_.test);
    if (invocation_.tells_locks) tell_locks(locks);
    if (!invocation_.attach && invocation_.line.overrides.scratch) have_own_scratch();
    TestEnvironment environment = test_environment(above, locks.held);
    AttemptPlan plan;
    plan.command = {invocation_.command, environment.environ(), tag_number(identity_.attempt)};
    plan.policy = policy_;
    plan.mode = invocation_.mode();
    plan.keeper = keeper_.fd();
    plan.locks = &locks.held;
    plan.identity = &identity_;
    plan.native_end = native_end_;
    if (const Milliseconds stop = invocation_.limits.stop_time; stop.count() > 0) {
      plan.stop_time = os::monotonic_now() + stop - Milliseconds{os::unix_now_ms()};
    }
    plan.loudness = invocation_.line.loudness;
    plan.teller = &say;
    if (policy_.containment == Containment::cgroup) {
      plan.cgroup = cgroup_name(home_.tree, identity_.attempt);
    }
    AttemptResult result = run_attempt(plan, around_);
    result.lock_wait = locks.waited;
    notice_lost_locks(locks.held, identity_.test, result);
    const SettledScratch settled = settle_scratch(scratch_, policy_.scratch, result.outcome);
    result.scratch = settled.kept;
    scratch_is_reusable_ = settled.reusable;
    if (has_own_scratch_ && settled.reusable) ::rmdir(scratch_.c_str());
    if (result.note.empty()) {
      result.note = note_on(result, identity_.test, invocation_.command[0], policy_);
    }
    return result;
  }

  void have_own_scratch() {
    Result<std::string> made = make_own_scratch(identity_.attempt);
    if (made) {
      scratch_ = std::move(*made);
      has_own_scratch_ = true;
    } else {
      teller().complain(
          in_words("ignoring that it has no scratch directory: failed to " + made.error().message));
    }
  }

  LockParty own_party(const HeldLocks& above) const {
    LockParty party;
    if (policy_.locks.empty()) return party;  // nobody will ask: spare the system calls
    party.process = identity_.launcher;
    party.boot = os::boot_id();
    party.test = identity_.test;
    party.tree = home_.tree;
    party.attempt = identity_.attempt;
    party.around = above.attempts();
    return party;
  }

  TestEnvironment test_environment(const HeldLocks& above,
                                   const std::vector<os::LockRequest>& locks) const {
    namespace env = environment;
    TestEnvironment environment(invocation_.environment);
    environment.set(env::k_test_name, identity_.test);
    environment.set(env::k_attempt, "1");
    environment.set(env::k_attempt_id, identity_.attempt);
    environment.set(env::k_run_id, run_);
    if (!scratch_.empty()) environment.set(env::k_tmpdir, scratch_);
    for (const Variable& variable : policy_.environment) {
      environment.set_if_absent(variable.name, variable.value);
    }
    std::vector<std::string> places;
    for (const os::LockRequest& lock : locks) {
      const std::vector<unsigned> slots = lock.slots();
      places.push_back(held_entry(place_of(lock.spec(), home_), lock.spec(), slots));
      if (slots.empty()) continue;
      environment.set(std::string(env::k_slot_prefix) + slot_variable(lock.spec().name),
                      to_text(slots));
    }
    // A ctest on the same tree inside this test must not wait for the run it is part of.
    if (invocation_.attach) places.push_back(run_place(home_.tree));
    const std::string held = above.with(places, identity_.attempt);
    if (!held.empty()) environment.set(env::k_held, held);
    return environment;
  }

  Invocation invocation_;
  Surroundings around_;
  KeeperLink keeper_;
  AttemptIdentity identity_;
  std::string run_;
  std::string scratch_;           // lent by the keeper; empty: none
  bool has_own_scratch_ = false;  // without a keeper
  bool scratch_is_reusable_ = false;
  std::string refusal_;  // not empty: the test must not run, and why
  Policy policy_;
  LockHome home_;
  Milliseconds native_end_ = k_longest;  // of ctest's own limit, k_longest: none
  bool warned_ = false;
};

}  // namespace

Exit launch(char** arguments, char** environment) {
  // Read before anything can fail: under ctest a failure of ours must not be an exit code.
  const ExitMode mode =
      ::getenv(environment::k_attach.data()) != nullptr ? ExitMode::ctest : ExitMode::command;
  Result<Invocation> invocation = read_invocation(arguments, environment);
  if (!invocation) {
    write_line(invocation.error().message);
    return own_failure(mode);
  }
  if (invocation->line.help) {
    const std::string_view help = help_of_run();
    (void)os::retried([&] { return ::write(STDOUT_FILENO, help.data(), help.size()); });
    return {Exit::Kind::code, exit_codes::k_success};
  }
  const os::CallersSignals callers = os::take_signals();
  if (!os::can_watch_processes()) {
    if (mode == ExitMode::command) {
      write_line("this kernel cannot watch processes (pidfd_open): running the command by itself");
    }
    return run_bare(*invocation, callers);
  }
  Result<Surroundings> around = look_around(*invocation, callers);
  if (!around) {
    write_line("failed to " + around.error().message);
    return own_failure(mode);
  }
  return Launch(std::move(*invocation), std::move(*around)).run();
}

}  // namespace holdfast::launcher
