#include "core/outcome.hpp"

#include "core/exit_codes.hpp"

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
      return Outcome::crashed;
    case ProcessEnd::Kind::exited:
      break;
  }
  // Another may have had it at the same time: whatever the test found is worth nothing.
  if (seen.lock_lost) return Outcome::lock_lost;
  if (seen.main.code != 0) return Outcome::failed;
  return seen.leaked && seen.leak_fails ? Outcome::failed : Outcome::passed;
}

namespace {

Exit as_the_test_ended(const Observation& seen) {
  if (seen.main.kind == ProcessEnd::Kind::signalled) return {Exit::Kind::signal, seen.main.code};
  // on-leak=fail is the one way a test that ended with 0 fails.
  const bool leak_failed = seen.main.code == 0 && seen.leaked && seen.leak_fails;
  return {Exit::Kind::code, leak_failed ? 1 : seen.main.code};
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
  switch (outcome) {
    case Outcome::passed:
    case Outcome::failed:
    case Outcome::deliberate_exit:
    case Outcome::crashed:
    case Outcome::oom_killed:
    case Outcome::skipped:
    case Outcome::no_tests:
      // A leak that fails under ctest must not be inverted by WILL_FAIL either.
      if (under_ctest && seen.main.code == 0 && seen.leaked && seen.leak_fails) return own(1);
      return as_the_test_ended(seen);
    case Outcome::premature_exit:
      return own(1);
    case Outcome::timed_out:
      return under_ctest ? Exit{Exit::Kind::signal, k_signal_kill}
                         : Exit{Exit::Kind::code, exit_codes::k_timed_out};
    case Outcome::interrupted:
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
