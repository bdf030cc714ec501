#include "attempt/messages.hpp"

#include <algorithm>
#include <span>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"

namespace holdfast::supervision {
namespace {

void write_to(int fd, std::string_view line) {
  (void)os::retried([&] { return ::write(fd, line.data(), line.size()); });
}

std::string list_of(const std::array<ListedProcess, k_most_listed>& processes, unsigned count) {
  const std::span listed(processes.data(), std::min<std::size_t>(count, processes.size()));
  const auto text = [](const ListedProcess& one) {
    return text_of({one.name.data(), " (pid ", std::to_string(one.pid), ")"});
  };
  return bounded_list(listed, listed.size(), text, count - listed.size());
}

std::string why(const AttemptResult& result, const Policy& policy, std::string_view parent) {
  switch (result.observation.end_reason) {
    case EndReason::timeout:
      return "timed out after " + describe(policy.timeout);
    case EndReason::signal:
      return "interrupted by " + signal_name(result.observation.end_signal);
    case EndReason::parent_gone:
      return "interrupted: " + std::string(parent) + " has ended";
    case EndReason::lock_lost:
      return "lost its lock";
    case EndReason::none:
      break;
  }
  return {};
}

// A daemon often waits until its parent is process 1.
std::string on_orphan(const ListedProcess& orphan) {
  if (orphan.pid == 0) return {};
  return list_of({orphan}, 1) +
         " had lost its parent: if it waits for getppid() == 1, containment = \"pidns\" helps";
}

std::string on_orphans(const AttemptResult& result, const std::string& name) {
  if (result.orphans.empty()) return {};
  const OrphanMarker& first = result.orphans.front();
  std::string text = name + " has an orphan marker: " + first.file + " " + first.why;
  if (const std::size_t more = result.orphans.size() - 1; more > 0) {
    text += ", and " + std::to_string(more) + " more";
  }
  return text;
}

std::string on_outcome(const AttemptResult& result, const std::string& name) {
  const Observation& seen = result.observation;
  if (result.outcome == Outcome::premature_exit) {
    return name +
           " exited with 0 before all its cases had run (exit() in a case? See the setting "
           "premature-exit)";
  }
  if (result.outcome == Outcome::no_tests && seen.main.code == k_pytest_found_nothing) {
    return name + " found nothing to run: pytest has collected no test, or deselected all";
  }
  if (result.outcome == Outcome::no_tests) {
    const std::string& because = result.ran_nothing_because;
    return name +
           " found nothing to run: " + (because.empty() ? "its filter matches no test" : because);
  }
  if (result.outcome == Outcome::oom_killed) {
    return name + " was killed by the kernel because memory ran out";
  }
  const bool hides = seen.main.code == 0 || seen.skip_code == seen.main.code;
  if (result.outcome == Outcome::deliberate_exit && hides) {
    return name + " left a marker (" + result.marker.value_or("") + ") and exited with " +
           std::to_string(seen.main.code) + ", which says something else: it counts as failed";
  }
  return {};
}

std::string on_evidence(const AttemptResult& result, std::string_view test) {
  if (result.outcome == Outcome::passed && result.orphans.empty()) return {};
  const std::string name = brief_in_quotes(test);
  std::string text = on_outcome(result, name);
  add_clause(text, on_orphans(result, name));
  return text;
}

}  // namespace

void write_line(std::string_view text) { write_to(STDERR_FILENO, said_line(text)); }

void Teller::tell(std::string_view text, Layout layout) {
  if (loudness_ != Loudness::quiet) complain(text, layout);
}

void Teller::say(std::string_view text, Repeat repeat, Layout layout) {
  if (keeper_ != nullptr && keeper_->say(text, repeat, layout)) return;
  if (lines_ < 0) return write_to(STDERR_FILENO, said_line(text, layout));
  constexpr std::string_view k_clear_line = "\r\x1b[K";
  const std::string start(::isatty(lines_) != 0 ? k_clear_line : std::string_view());
  write_to(lines_, start + said_line(text, layout));
}

bool WaitTelling::take_due() {
  if (os::monotonic_now() < next()) return false;
  ++told_;
  return true;
}

void WaitTelling::tell(std::string_view why) {
  if (for_keeper_) {
    for_keeper_->why = why;
    teller_.tell_wait(*for_keeper_);
  }
  if (told_ <= unsaid_) return;
  std::string line = text_of({"\"", test_, told_ > unsaid_ + 1 ? "\" still " : "\" ", waiting(),
                              " (", describe(since_start()), ")"});
  if (!why.empty()) line += text_of({": ", why});
  teller_.tell(line, Layout::folded);
}

void WaitTelling::tell_success() const {
  if (told_ == 0) return;
  if (for_keeper_) teller_.tell_wait({});
  if (told_ <= unsaid_) return;
  teller_.tell(text_of({"\"", test_, "\" has ", subject_, " after ", describe(since_start())}),
               Layout::folded);
}

Milliseconds WaitTelling::since_start() const { return os::monotonic_now() - start_; }

std::string lock_line(const Policy& policy, Milliseconds waited) {
  const auto name = [](const auto& one) -> const std::string& { return one.name; };
  std::string line;
  if (!policy.locks.empty()) line = "lock " + bounded_list(policy.locks, policy.locks.size(), name);
  if (!policy.services.empty()) {
    line += line.empty() ? "service " : ", service ";
    line += bounded_list(policy.services, policy.services.size(), name);
  }
  // An override with a label may have taken all of them away. ctest does not know of that.
  if (line.empty()) line = "lock none";
  return line + " after " + describe(waited);
}

std::string describe_leftovers(const GuardReport& report) {
  return "left " + counted(report.leftovers, "process", "processes") +
         (report.survivors > 0 ? " behind: " : " behind, ended: ") +
         list_of(report.leftover_list, report.leftovers);
}

std::string note_on(const AttemptResult& result, std::string_view test, std::string_view command,
                    const Policy& policy, std::string_view parent) {
  const GuardReport& report = result.report;
  std::string text;
  if (report.exec_error != 0) {
    return os::execution_error(std::string(command), report.exec_error);
  }
  const Observation& seen = result.observation;
  // Whoever pressed a key need not be told that the test ended for that.
  const bool pressed = seen.end_reason == EndReason::signal && seen.end_signal == result.pressed;
  if (seen.end_reason != EndReason::none && !pressed) {
    text =
        brief_in_quotes(test) + " " + why(result, policy, parent) + "; its process tree was ended";
    if (seen.end_reason == EndReason::timeout) add_clause(text, on_orphan(report.orphan));
  } else if (seen.leaked) {
    text = brief_in_quotes(test) + " " + describe_leftovers(report);
  }
  add_clause(text, on_evidence(result, test));
  if (report.survivors > 0) {
    add_clause(text, "could not be ended: " + list_of(report.survivor_list, report.survivors));
  }
  return text;
}

std::string account_of(const AttemptResult& result) {
  const Observation& seen = result.observation;
  std::string text =
      text_of({"outcome ", name_of(result.outcome), ": ", describe_end(result.outcome, seen.main),
               " after ", describe(Milliseconds{result.wall_us / 1000})});
  if (seen.end_reason != EndReason::none)
    add_clause(text, text_of({"ended because ", because(seen.end_reason)}));
  if (result.report.leftovers > 0) add_clause(text, describe_leftovers(result.report));
  if (result.marker) add_clause(text, text_of({"its marker counts: ", *result.marker}));
  for (const OrphanMarker& one : result.orphans) {
    add_clause(text, text_of({"not believed: the marker ", one.file, " ", one.why}));
  }
  if (seen.unfinished) add_clause(text, "not all its cases had run");
  if (seen.out_of_memory) add_clause(text, "it died because memory ran out");
  add_clause(text, result.remark);
  if (!result.verdict.empty()) add_clause(text, "verdict " + result.verdict);
  return text;
}

bool is_worth_knowing(const AttemptResult& result) {
  const Observation& seen = result.observation;
  if (seen.end_reason != EndReason::none || result.report.survivors > 0) return false;
  if (!facts_of(result.outcome).is_worth_knowing) return false;
  if (result.outcome == Outcome::no_tests) return seen.no_tests != NoTests::fail;
  return seen.leaked || !result.orphans.empty();
}

}  // namespace holdfast::supervision
