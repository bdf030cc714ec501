#include "values/outcome.hpp"

#include <algorithm>
#include <cstring>

namespace holdfast {

namespace {

constexpr int k_last_signal = 31;  // later ones have no names; programs give them a meaning

bool is_skip_code(const Observation& seen) { return seen.skip_code == seen.main.code; }

// A test that exited with 0 and finished its work fails for one reason only: on-leak=fail.
bool fails_by_leak(const Observation& seen) {
  return seen.main.code == 0 && seen.leaked && seen.leak_fails;
}

Outcome outcome_of_exit(const Observation& seen) {
  if (seen.marked) return Outcome::deliberate_exit;
  // With another exit code than 0, the test has failed anyway.
  if (seen.main.code == 0 && seen.unfinished) return Outcome::premature_exit;
  if (fails_by_leak(seen)) return Outcome::failed;
  if (seen.ran_nothing) return Outcome::no_tests;
  if (is_skip_code(seen)) return Outcome::skipped;
  return seen.main.code == 0 ? Outcome::passed : Outcome::failed;
}

Exit as_the_test_ended(const Observation& seen) {
  if (seen.main.kind == ProcessEnd::Kind::signalled) return {Exit::Kind::signal, seen.main.code};
  return {Exit::Kind::code, seen.main.code};
}

bool exited_when_told(const Observation& seen) {
  return seen.end_reason == EndReason::signal && seen.main.kind == ProcessEnd::Kind::exited;
}

// The exit code of a test that selected nothing to run; none: the test must fail, whatever it
// reported.
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

// Whether the test has failed and its own end hides that. WILL_FAIL must not invert such a failure.
bool hides_failure(Outcome outcome, const Observation& seen) {
  // The failure is a leak, or cases of a batch that did not run.
  if (outcome == Outcome::failed) return seen.main.exited_with(0);
  // The test reported a failure: neither 0 nor the skip code may hide that.
  return outcome == Outcome::deliberate_exit && (seen.main.code == 0 || is_skip_code(seen));
}

std::string_view full_verdict(const EndedTest& test) {
  if (test.end.kind == Exit::Kind::signal) return "failed";
  if (test.end.value == test.skip_code) return "skipped";
  const bool is_mirrored = !test.properties.empty() && !test.mirrored.empty();
  const std::string_view verdict =
      is_mirrored
          ? test.mirrored
          : verdict_by_end(test.properties.empty() ? test.judged : test.properties, test.end);
  return verdict.empty() ? "unknown" : verdict;
}

// prctl(2) installs filters of system calls, and syscall(2) can do anything. The last rows are of
// libraries that exist for this purpose.
constexpr auto k_taking = std::to_array<std::string_view>(
    {"capset",          "chroot",        "fsmount",          "initgroups",
     "mount",           "mount_setattr", "move_mount",       "pivot_root",
     "prctl",           "prlimit",       "prlimit64",        "setegid",
     "seteuid",         "setfsgid",      "setfsuid",         "setgid",
     "setgroups",       "setns",         "setregid",         "setresgid",
     "setresuid",       "setreuid",      "setrlimit",        "setrlimit64",
     "setuid",          "syscall",       "ulimit",           "umount",
     "umount2",         "unshare",       "cap_launch",       "cap_set_mode",
     "cap_set_proc",    "cap_setgroups", "cap_setuid",       "capng_apply",
     "capng_change_id", "capng_lock",    "pam_open_session", "seccomp_load"});

constexpr auto k_toolchain = std::to_array<std::string_view>(
    {"libasan",     "libatomic", "libc",      "libc++",  "libc++abi", "libdl",      "libgcc_s",
     "libgfortran", "libgomp",   "libhwasan", "liblsan", "libm",      "libpthread", "libquadmath",
     "libresolv",   "librt",     "libstdc++", "libtsan", "libubsan",  "libunwind"});

}  // namespace

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

std::string signal_text(int signal) {
  std::string text = "signal " + std::to_string(signal);
  if (::sigabbrev_np(signal) != nullptr) text += " (" + signal_name(signal) + ")";
  return text;
}

std::optional<int> signal_named(std::string_view name) {
  if (!name.starts_with("SIG")) return std::nullopt;
  for (int signal = 1; signal <= k_last_signal; ++signal) {
    if (name.substr(3) == ::sigabbrev_np(signal)) return signal;
  }
  return std::nullopt;
}

std::string_view name_of(Outcome outcome) { return facts_of(outcome).name; }

std::string label(Outcome outcome) {
  std::string text(name_of(outcome));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::optional<Outcome> outcome_named(std::string_view name) {
  const auto* const found = std::ranges::find(k_outcome_table, name, &OutcomeFacts::name);
  if (found == k_outcome_table.end() || found->outcome >= Outcome::not_run) return std::nullopt;
  return found->outcome;
}

bool is_missing(const ProcessEnd& main) {
  constexpr int k_no_entry = 2;          // ENOENT of errno(3)
  constexpr int k_not_a_directory = 20;  // ENOTDIR
  return main.code == k_no_entry || main.code == k_not_a_directory;
}

Outcome outcome_of(const Observation& seen) {
  if (seen.own_failure || seen.lock_refused) return Outcome::internal_error;
  if (seen.lock_not_had) return Outcome::lock_timeout;
  if (seen.service_not_had) return Outcome::service_unavailable;
  if (seen.node_lost) return Outcome::node_lost;
  // A test that the launcher has signalled has never passed, whatever the test then says.
  switch (seen.end_reason) {
    case EndReason::timeout:
      return Outcome::timed_out;
    case EndReason::signal:
    case EndReason::parent_gone:
      return Outcome::interrupted;
    case EndReason::lock_lost:
      return Outcome::lock_lost;
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
  // Another test may have held the lock at the same time, so the result of this test is worth
  // nothing.
  if (seen.lock_lost) return Outcome::lock_lost;
  return outcome_of_exit(seen);
}

Exit exit_of(Outcome outcome, const Observation& seen, ExitMode mode) {
  const OutcomeFacts& facts = facts_of(outcome);
  const bool under_ctest = mode == ExitMode::ctest;
  // An end that is not the test's own is a signal under ctest, so that no property turns it green.
  const auto own = [&](int code, int signal = k_signal_abort) {
    return under_ctest ? Exit{Exit::Kind::signal, signal} : Exit{Exit::Kind::code, code};
  };
  if (seen.flaky_fails) return own(1);
  if (outcome == Outcome::interrupted) {
    // A command that was told to end chooses its own exit code, and its caller reads that code.
    if (!under_ctest && exited_when_told(seen)) return as_the_test_ended(seen);
    return {Exit::Kind::signal, seen.end_signal != 0 ? seen.end_signal : facts.signal};
  }
  if (outcome == Outcome::no_tests) {
    const std::optional<int> code = code_of_no_tests(seen);
    return code ? Exit{Exit::Kind::code, *code} : own(facts.code);
  }
  if (outcome == Outcome::launch_failed && is_missing(seen.main)) {
    return own(exit_codes::k_not_found);
  }
  if (facts.code != 0) return own(facts.code, facts.signal);
  return hides_failure(outcome, seen) ? own(1) : as_the_test_ended(seen);
}

std::string_view usual_verdict(Outcome outcome) {
  if (outcome == Outcome::no_tests || outcome == Outcome::interrupted) return {};
  return is_good(outcome) ? name_of(outcome) : "failed";
}

std::string_view verdict_by_end(std::string_view properties, const Exit& end) {
  // A death by signal is no exit code: no property changes it.
  if (end.kind == Exit::Kind::signal) return "failed";
  bool success = end.value == 0;
  for (const std::string_view part : TextParts{properties, ','}) {
    const std::string_view name = part.substr(0, part.find('='));
    if (part == "will-fail") {
      success = !success;
    } else if (name != "code") {
      return {};
    }
  }
  return success ? "passed" : "failed";
}

std::string_view verdict_on_record(const EndedTest& test) {
  if (test.outcome == Outcome::interrupted) return {};
  const std::string_view verdict = full_verdict(test);
  const bool is_told = test.mirrored.empty() && verdict == usual_verdict(test.outcome);
  return is_told ? std::string_view() : verdict;
}

std::optional<std::uint64_t> oom_kills_in(std::string_view text) {
  for (std::string_view line : TextParts{text, '\n'}) {
    if (take_words(line, "oom_kill ")) return parse_number<std::uint64_t>(line);
  }
  return std::nullopt;
}

bool names_oom_victim(std::string_view line, int pid) {
  const std::string_view rest = text_after(line, "ut of memory: Killed process ");
  return rest.starts_with(std::to_string(pid) + " (");
}

bool OomClaims::explains_death(const Start& start, std::optional<std::uint64_t> kills) {
  if (!start.kills || !kills || *kills < *start.kills) return false;
  if (*kills - *start.kills <= claims_ - start.claims) return false;
  ++claims_;
  return true;
}

bool takes_rights_away(std::string_view function) {
  return std::ranges::find(k_taking, function) != k_taking.end();
}

bool is_of_toolchain(std::string_view library) {
  // `libm.so.6` is `libm`, and `ld-linux-x86-64.so.2` is `ld-linux-x86-64`.
  const std::string_view name = library.substr(0, library.find(".so"));
  return name.starts_with("ld-") || name.starts_with("libc.musl-") ||
         std::ranges::find(k_toolchain, name) != k_toolchain.end();
}

}  // namespace holdfast
