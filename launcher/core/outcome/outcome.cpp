#include "core/outcome/outcome.hpp"

#include "core/outcome/exit_codes.hpp"

#include <array>

namespace holdfast {
namespace {

// Signal numbers of Linux; core includes no system header. Source: signal(7), x86 and arm.
constexpr int k_signal_abort = 6;
constexpr int k_signal_kill = 9;
constexpr int k_signal_term = 15;

// ENOENT and ENOTDIR of errno(3): the command does not exist (127), else it cannot be executed
// (126).
constexpr int k_no_entry = 2;
constexpr int k_not_a_directory = 20;

struct NamedOutcome {
  Outcome outcome;
  std::string_view name;
};

constexpr std::array<NamedOutcome, 15> k_names{{
    {Outcome::passed, "passed"},
    {Outcome::failed, "failed"},
    {Outcome::deliberate_exit, "deliberate_exit"},
    {Outcome::crashed, "crashed"},
    {Outcome::premature_exit, "premature_exit"},
    {Outcome::timed_out, "timed_out"},
    {Outcome::oom_killed, "oom_killed"},
    {Outcome::launch_failed, "launch_failed"},
    {Outcome::no_tests, "no_tests"},
    {Outcome::skipped, "skipped"},
    {Outcome::lock_timeout, "lock_timeout"},
    {Outcome::lock_lost, "lock_lost"},
    {Outcome::service_unavailable, "service_unavailable"},
    {Outcome::interrupted, "interrupted"},
    {Outcome::internal_error, "internal_error"},
}};

}  // namespace

std::string_view name_of(Outcome outcome) {
  for (const NamedOutcome& entry : k_names) {
    if (entry.outcome == outcome) return entry.name;
  }
  return "internal_error";
}

std::optional<Outcome> outcome_named(std::string_view name) {
  for (const NamedOutcome& entry : k_names) {
    if (entry.name == name) return entry.outcome;
  }
  return std::nullopt;
}

namespace {

bool is_skip_code(const Observation& seen) { return seen.skip_code == seen.main.code; }

// on-leak=fail is the one way a test that ended with 0 and was through fails.
bool fails_by_leak(const Observation& seen) {
  return seen.main.code == 0 && seen.leaked && seen.leak_fails;
}

Outcome outcome_of_exit(const Observation& seen) {
  if (seen.marked) return Outcome::deliberate_exit;
  // With another code it has failed anyhow.
  if (seen.main.code == 0 && seen.unfinished) return Outcome::premature_exit;
  if (fails_by_leak(seen)) return Outcome::failed;
  if (seen.ran_nothing) return Outcome::no_tests;
  if (is_skip_code(seen)) return Outcome::skipped;
  return seen.main.code == 0 ? Outcome::passed : Outcome::failed;
}

}  // namespace

Outcome outcome_of(const Observation& seen) {
  if (seen.own_failure || seen.lock_refused) return Outcome::internal_error;
  if (seen.lock_not_had) return Outcome::lock_timeout;
  // After the launcher signalled a test it is never passed, whatever the test then says.
  switch (seen.end_reason) {
    case EndReason::timeout:
      return Outcome::timed_out;
    case EndReason::signal:
    case EndReason::parent_gone:
      return Outcome::interrupted;
    case EndReason::none:
      break;
  }
  switch (seen.main.kind) {
    case ProcessEnd::Kind::never_started:
      return Outcome::launch_failed;
    case ProcessEnd::Kind::signalled:
      return seen.main.code == k_signal_kill && seen.out_of_memory ? Outcome::oom_killed
                                                                   : Outcome::crashed;
    case ProcessEnd::Kind::exited:
      break;
  }
  // Another may have had it at the same time: whatever the test found is worth nothing.
  if (seen.lock_lost) return Outcome::lock_lost;
  return outcome_of_exit(seen);
}

namespace {

Exit as_the_test_ended(const Observation& seen) {
  if (seen.main.kind == ProcessEnd::Kind::signalled) return {Exit::Kind::signal, seen.main.code};
  return {Exit::Kind::code, seen.main.code};
}

bool exited_when_told(const Observation& seen) {
  return seen.end_reason == EndReason::signal && seen.main.kind == ProcessEnd::Kind::exited;
}

// The code by which a test that selected nothing ends; none: it is to be red, whatever it said.
std::optional<int> code_of_no_tests(const Observation& seen) {
  switch (seen.no_tests) {
    case NoTests::keep:
      return seen.main.code;
    case NoTests::pass:
      return 0;
    case NoTests::fail:
      return std::nullopt;
    case NoTests::skip:
      return seen.skip_code.value_or(0);
  }
  return std::nullopt;
}

Exit launch_failure(const Observation& seen) {
  const bool missing = seen.main.code == k_no_entry || seen.main.code == k_not_a_directory;
  return {Exit::Kind::code, missing ? exit_codes::k_not_found : exit_codes::k_cannot_execute};
}

}  // namespace

Exit exit_of(Outcome outcome, const Observation& seen, ExitMode mode) {
  const bool under_ctest = mode == ExitMode::ctest;
  // Not the test's own end: under ctest a signal, so that no property makes it green.
  const auto own = [&](int code) {
    return under_ctest ? Exit{Exit::Kind::signal, k_signal_abort} : Exit{Exit::Kind::code, code};
  };
  if (seen.flaky_fails) return own(1);
  switch (outcome) {
    case Outcome::failed:
      // Its own end was well: it is a leak that fails it, or cases of a batch that did not run.
      // Under ctest WILL_FAIL must not invert that either.
      if (seen.main.kind == ProcessEnd::Kind::exited && seen.main.code == 0) return own(1);
      return as_the_test_ended(seen);
    case Outcome::passed:
    case Outcome::crashed:
    case Outcome::oom_killed:
    case Outcome::skipped:
      return as_the_test_ended(seen);
    case Outcome::deliberate_exit:
      // It said that it had failed: neither 0 nor the code of a skip may hide that.
      if (seen.main.code == 0 || is_skip_code(seen)) return own(1);
      return as_the_test_ended(seen);
    case Outcome::no_tests:
      if (const std::optional<int> code = code_of_no_tests(seen)) {
        return {Exit::Kind::code, *code};
      }
      return own(1);
    case Outcome::premature_exit:
      return own(1);
    case Outcome::timed_out:
      return under_ctest ? Exit{Exit::Kind::signal, k_signal_kill}
                         : Exit{Exit::Kind::code, exit_codes::k_timed_out};
    case Outcome::interrupted:
      // What a command says of its own end after it was told to end is its caller's to read.
      if (!under_ctest && exited_when_told(seen)) return as_the_test_ended(seen);
      return {Exit::Kind::signal, seen.end_signal != 0 ? seen.end_signal : k_signal_term};
    case Outcome::launch_failed: {
      const Exit failure = launch_failure(seen);
      return own(failure.value);
    }
    case Outcome::lock_timeout:
      return own(exit_codes::k_lock_not_had);
    case Outcome::lock_lost:
    case Outcome::service_unavailable:
    case Outcome::internal_error:
      return own(exit_codes::k_own_failure);
  }
  return own(exit_codes::k_own_failure);
}

}  // namespace holdfast
