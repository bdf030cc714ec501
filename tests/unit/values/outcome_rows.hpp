// The table of docs/reference/outcomes.md: what was seen, its name, and how the launcher then ends.
#pragma once

#include <string>
#include <vector>

#include "values/outcome.hpp"

namespace holdfast {

struct OutcomeRow {
  std::string what;
  Observation seen;
  Outcome outcome;
  Exit under_ctest;
  Exit as_command;
};

inline Exit code(int value) { return {Exit::Kind::code, value}; }
inline Exit signal(int value) { return {Exit::Kind::signal, value}; }

inline std::vector<Outcome> all_outcomes() {
  std::vector<Outcome> all;
  for (int i = 0; i <= static_cast<int>(Outcome::internal_error); ++i) {
    all.push_back(static_cast<Outcome>(i));
  }
  return all;
}

// Every combination, with the codes that matter.
inline std::vector<Observation> all_observations() {
  std::vector<Observation> all;
  using Kind = ProcessEnd::Kind;
  const ProcessEnd ends[] = {
      {Kind::never_started, 0}, {Kind::never_started, 2}, {Kind::never_started, 13},
      {Kind::exited, 0},        {Kind::exited, 1},        {Kind::exited, 77},
      {Kind::exited, 255},      {Kind::signalled, 9},     {Kind::signalled, 11}};
  for (const ProcessEnd& end : ends) {
    for (EndReason reason :
         {EndReason::none, EndReason::timeout, EndReason::signal, EndReason::parent_gone}) {
      for (unsigned bits = 0; bits < 4096; ++bits) {
        Observation seen;
        seen.main = end;
        seen.end_reason = reason;
        seen.end_signal = reason == EndReason::signal ? 2 : 0;
        seen.lock_not_had = (bits & 1U) != 0;
        seen.lock_refused = (bits & 2U) != 0;
        seen.own_failure = (bits & 4U) != 0;
        seen.leaked = (bits & 8U) != 0;
        seen.leak_fails = (bits & 16U) != 0;
        seen.lock_lost = (bits & 32U) != 0;
        seen.marked = (bits & 64U) != 0;
        seen.unfinished = (bits & 128U) != 0;
        seen.ran_nothing = (bits & 256U) != 0;
        seen.no_tests = static_cast<NoTests>((bits >> 9U) & 3U);
        if ((bits & 2048U) != 0) seen.skip_code = 77;
        seen.out_of_memory = seen.skip_code.has_value();  // this says nothing of an exit
        all.push_back(seen);
      }
      Observation lost;
      lost.main = end;
      lost.end_reason = reason;
      lost.node_lost = true;
      all.push_back(lost);
    }
  }
  return all;
}

inline Observation ended(ProcessEnd::Kind kind, int value) {
  Observation seen;
  seen.main = {kind, value};
  return seen;
}

inline Observation because_of(EndReason reason, int end_signal, ProcessEnd main) {
  Observation seen;
  seen.main = main;
  seen.end_reason = reason;
  seen.end_signal = end_signal;
  return seen;
}

inline Observation leaked(Observation seen, bool fails) {
  seen.leaked = true;
  seen.leak_fails = fails;
  return seen;
}

// What a test's traces say, with one row for each combination that matters.
inline void add_rows_of_traces(std::vector<OutcomeRow>& rows) {
  using Kind = ProcessEnd::Kind;
  constexpr int k_abort = 6;
  const auto add = [&](std::string what, const Observation& seen, Outcome outcome, Exit under_ctest,
                       Exit as_command) {
    rows.push_back({std::move(what), seen, outcome, under_ctest, as_command});
  };
  Observation seen = ended(Kind::exited, 3);
  seen.marked = true;
  add("marker and exit 3", seen, Outcome::deliberate_exit, code(3), code(3));
  add("marker, exit 3, leaks, which fails", leaked(seen, true), Outcome::deliberate_exit, code(3),
      code(3));
  seen.unfinished = true;
  add("marker in the middle of GoogleTest cases", seen, Outcome::deliberate_exit, code(3), code(3));
  seen.skip_code = 3;
  add("marker and the code of a skip", seen, Outcome::deliberate_exit, signal(k_abort), code(1));
  seen = ended(Kind::exited, 0);
  seen.marked = true;
  add("marker and exit 0", seen, Outcome::deliberate_exit, signal(k_abort), code(1));
  for (int number : {6, 9, 11, 15}) {
    seen = ended(Kind::signalled, number);
    seen.marked = true;
    add("marker and a signal", seen, Outcome::crashed, signal(number), signal(number));
  }
  seen = because_of(EndReason::timeout, 0, {Kind::exited, 1});
  seen.marked = true;
  add("marker and time over", seen, Outcome::timed_out, signal(9), code(124));
  seen = because_of(EndReason::signal, 15, {Kind::exited, 1});
  seen.marked = true;
  add("marker and interrupted", seen, Outcome::interrupted, signal(15), code(1));
  seen = ended(Kind::exited, 0);
  seen.unfinished = true;
  add("exit 0 in the middle", seen, Outcome::premature_exit, signal(k_abort), code(1));
  seen.main.code = 2;
  add("exit 2 in the middle", seen, Outcome::failed, code(2), code(2));
  seen = ended(Kind::signalled, 11);
  seen.unfinished = true;
  add("a crash in the middle", seen, Outcome::crashed, signal(11), signal(11));
  const struct {
    NoTests setting;
    Exit of_0, of_5, as_command_of_0;
  } settings[] = {{NoTests::keep, code(0), code(5), code(0)},
                  {NoTests::pass, code(0), code(0), code(0)},
                  {NoTests::fail, signal(k_abort), signal(k_abort), code(1)},
                  {NoTests::skip, code(0), code(0), code(0)}};
  for (const auto& row : settings) {
    seen = ended(Kind::exited, 0);
    seen.ran_nothing = true;
    seen.no_tests = row.setting;
    add("ran nothing", seen, Outcome::no_tests, row.of_0, row.as_command_of_0);
    add("ran nothing and leaks, which fails", leaked(seen, true), Outcome::failed, signal(k_abort),
        code(1));
    seen.main.code = 5;
    add("pytest ran nothing", seen, Outcome::no_tests, row.of_5,
        row.setting == NoTests::fail ? code(1) : row.of_5);
    seen.skip_code = 77;
    const bool skips = row.setting == NoTests::skip;
    add("ran nothing, has a skip code", seen, Outcome::no_tests, skips ? code(77) : row.of_5,
        skips                          ? code(77)
        : row.setting == NoTests::fail ? code(1)
                                       : row.of_5);
  }
  seen = ended(Kind::exited, 77);
  seen.skip_code = 77;
  add("the code of a skip", seen, Outcome::skipped, code(77), code(77));
  seen.skip_code = 78;
  add("another code", seen, Outcome::failed, code(77), code(77));
  seen = ended(Kind::signalled, 9);
  seen.out_of_memory = true;
  add("killed because memory ran out", seen, Outcome::oom_killed, signal(9), signal(9));
  seen = ended(Kind::signalled, 11);
  seen.out_of_memory = true;
  add("another signal", seen, Outcome::crashed, signal(11), signal(11));
}

inline std::vector<OutcomeRow> outcome_rows() {
  using Kind = ProcessEnd::Kind;
  constexpr int k_abort = 6;
  constexpr int k_kill = 9;
  constexpr int k_term = 15;
  std::vector<OutcomeRow> rows;
  const auto add = [&](std::string what, const Observation& seen, Outcome outcome, Exit under_ctest,
                       Exit as_command) {
    rows.push_back({std::move(what), seen, outcome, under_ctest, as_command});
  };
  add_rows_of_traces(rows);
  add("exit 0", ended(Kind::exited, 0), Outcome::passed, code(0), code(0));
  for (int i = 1; i < 256; ++i) {
    add("exit " + std::to_string(i), ended(Kind::exited, i), Outcome::failed, code(i), code(i));
  }
  for (int i = 1; i < 65; ++i) {
    add("signal " + std::to_string(i), ended(Kind::signalled, i), Outcome::crashed, signal(i),
        signal(i));
  }
  add("leaks", leaked(ended(Kind::exited, 0), false), Outcome::passed, code(0), code(0));
  add("leaks, which fails", leaked(ended(Kind::exited, 0), true), Outcome::failed, signal(k_abort),
      code(1));
  add("fails and leaks, which fails", leaked(ended(Kind::exited, 7), true), Outcome::failed,
      code(7), code(7));
  add("crashes and leaks, which fails", leaked(ended(Kind::signalled, 11), true), Outcome::crashed,
      signal(11), signal(11));
  for (int exit : {0, 1, 255}) {
    Observation lost = ended(Kind::exited, exit);
    lost.lock_lost = true;
    add("lost a lock", lost, Outcome::lock_lost, signal(k_abort), code(125));
  }
  Observation crashed = ended(Kind::signalled, 11);
  crashed.lock_lost = true;
  add("crashes and lost a lock", crashed, Outcome::crashed, signal(11), signal(11));
  for (const ProcessEnd& main : {ProcessEnd{Kind::exited, 0}, ProcessEnd{Kind::exited, 3},
                                 ProcessEnd{Kind::signalled, k_kill}, ProcessEnd{}}) {
    add("time over", because_of(EndReason::timeout, 0, main), Outcome::timed_out, signal(k_kill),
        code(124));
    // The caller of a command reads the command's own code.
    const bool exited = main.kind == Kind::exited;
    add("INT", because_of(EndReason::signal, 2, main), Outcome::interrupted, signal(2),
        exited ? code(main.code) : signal(2));
    add("TERM", because_of(EndReason::signal, k_term, main), Outcome::interrupted, signal(k_term),
        exited ? code(main.code) : signal(k_term));
    add("ctest died", because_of(EndReason::parent_gone, 0, main), Outcome::interrupted,
        signal(k_term), signal(k_term));
  }
  add("ENOENT", ended(Kind::never_started, 2), Outcome::launch_failed, signal(k_abort), code(127));
  add("ENOTDIR", ended(Kind::never_started, 20), Outcome::launch_failed, signal(k_abort),
      code(127));
  add("EACCES", ended(Kind::never_started, 13), Outcome::launch_failed, signal(k_abort), code(126));
  add("ENOEXEC", ended(Kind::never_started, 8), Outcome::launch_failed, signal(k_abort), code(126));
  Observation seen;
  seen.lock_not_had = true;
  add("lock not had in time", seen, Outcome::lock_timeout, signal(k_abort), code(75));
  seen = {};
  seen.node_lost = true;
  add("its node was lost", seen, Outcome::node_lost, signal(k_abort), code(125));
  seen.main = {Kind::exited, 0};
  add("its node was lost, yet the test exited with 0", seen, Outcome::node_lost, signal(k_abort),
      code(125));
  seen = {};
  seen.lock_refused = true;
  add("lock refused", seen, Outcome::internal_error, signal(k_abort), code(125));
  seen = {};
  seen.own_failure = true;
  add("own failure", seen, Outcome::internal_error, signal(k_abort), code(125));
  seen.main = {Kind::exited, 0};
  add("own failure, yet the test exited with 0", seen, Outcome::internal_error, signal(k_abort),
      code(125));
  return rows;
}

}  // namespace holdfast
