#include "values/case_result.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

WorkerEnd exited(int code, bool marker = false) {
  return {{ProcessEnd::Kind::exited, code}, EndedBy::itself, marker};
}
WorkerEnd died(int signal, bool marker = false) {
  return {{ProcessEnd::Kind::signalled, signal}, EndedBy::itself, marker};
}
WorkerEnd by(EndedBy who) { return {{ProcessEnd::Kind::signalled, 15}, who}; }

struct Row {
  const char* what;
  std::optional<CaseEnd> said;
  bool finished;
  WorkerEnd end;
  Outcome outcome;
};

TEST(CaseResultTest, every_end_of_a_case_has_its_outcome) {
  WorkerEnd memory = died(9);
  memory.oom_killed = true;
  WorkerEnd other_death = died(11);
  other_death.oom_killed = true;
  const Row rows[] = {
      {"exit(0) in it", {}, false, exited(0), Outcome::premature_exit},
      {"exit(1) in it", {}, false, exited(1), Outcome::failed},
      {"marker and exit(1) in it", {}, false, exited(1, true), Outcome::deliberate_exit},
      {"marker and exit(0) in it", {}, false, exited(0, true), Outcome::deliberate_exit},
      {"a signal in it", {}, false, died(11), Outcome::crashed},
      {"marker and a signal in it", {}, false, died(11, true), Outcome::crashed},
      {"killed for memory in it", {}, false, memory, Outcome::oom_killed},
      {"another signal while memory ran out", {}, false, other_death, Outcome::crashed},
      {"too long", {}, false, by(EndedBy::case_limit), Outcome::timed_out},
      {"all of it too long", {}, false, by(EndedBy::whole_limit), Outcome::timed_out},
      {"interrupted", {}, false, by(EndedBy::interruption), Outcome::interrupted},
      {"our failure", {}, false, by(EndedBy::own_failure), Outcome::internal_error},
      {"passed", CaseEnd::passed, true, exited(0), Outcome::passed},
      {"skipped", CaseEnd::skipped, true, exited(0), Outcome::skipped},
      {"failed", CaseEnd::failed, true, exited(1), Outcome::failed},
      {"failed, and left on purpose", CaseEnd::failed, false, exited(1, true), Outcome::failed},
      {"failed, and exit(0)", CaseEnd::failed, false, exited(0), Outcome::failed},
      {"failed, then a signal", CaseEnd::failed, true, died(6), Outcome::crashed},
      {"passed, then a signal", CaseEnd::passed, true, died(6), Outcome::crashed},
      {"passed, then exit(23) at the end", CaseEnd::passed, true, exited(23), Outcome::failed},
      {"passed, then left on purpose", CaseEnd::passed, false, exited(1, true),
       Outcome::deliberate_exit},
      {"passed, then left on purpose with 0", CaseEnd::passed, false, exited(0, true),
       Outcome::deliberate_exit},
      {"passed, then exit(0) in TearDownTestSuite", CaseEnd::passed, false, exited(0),
       Outcome::premature_exit},
      {"passed, hangs at the end", CaseEnd::passed, true, by(EndedBy::case_limit),
       Outcome::timed_out},
      {"no such program",
       {},
       false,
       {{ProcessEnd::Kind::never_started, 2}},
       Outcome::launch_failed},
  };
  for (const Row& row : rows) {
    CaseResult result;
    conclude_case(result, row.said, row.finished, row.end);
    EXPECT_EQ(name_of(result.outcome), name_of(row.outcome)) << row.what;
    EXPECT_EQ(is_bad(result.outcome),
              row.outcome != Outcome::passed && row.outcome != Outcome::skipped);
  }
}

TEST(CaseResultTest, what_a_case_leaves_behind_fails_only_a_good_one) {
  for (const bool is_good : {true, false}) {
    WorkerEnd end = is_good ? exited(0) : died(11);
    end.left = "left a process behind";
    end.leak_fails = true;
    CaseResult result;
    conclude_case(result, is_good ? std::optional(CaseEnd::passed) : std::nullopt, is_good, end);
    EXPECT_EQ(result.outcome, is_good ? Outcome::failed : Outcome::crashed);
    EXPECT_EQ(result.leak_failed, is_good);
    EXPECT_EQ(result.note, end.left);
  }
}

TEST(CaseResultTest, a_case_that_was_not_run_is_not_good) {
  EXPECT_EQ(name_of(std::optional<Outcome>()), "not_run");
  EXPECT_TRUE(is_bad(std::nullopt));
}

TEST(CaseResultTest, how_the_process_ended_is_told_with_it) {
  const struct {
    std::optional<CaseEnd> said;
    bool finished;
    WorkerEnd end;
    std::optional<int> exit_code;
    std::optional<int> signal;
    const char* note;
  } rows[] = {
      {{}, false, exited(0), 0, {}, "the process exited with code 0 in the middle of it"},
      {{}, false, exited(3), 3, {}, "the process exited with code 3 in the middle of it"},
      {{}, false, exited(3, true), 3, {}, ""},
      {{}, false, died(11), {}, 11, ""},
      {{}, false, {{ProcessEnd::Kind::never_started, 2}}, {}, {}, ""},
      {CaseEnd::passed, true, exited(0), 0, {}, ""},
      {CaseEnd::failed, true, exited(1), 1, {}, ""},
      {CaseEnd::passed, true, died(6), {}, 6, "the process died after the case had ended"},
      {CaseEnd::passed,
       true,
       exited(23),
       23,
       {},
       "after it had ended the process exited with code 23"},
      {CaseEnd::passed,
       false,
       exited(0),
       0,
       {},
       "after it had ended the process exited with code 0 before it was through"},
      {{}, false, by(EndedBy::case_limit), {}, 15, ""},
      {{}, false, {{ProcessEnd::Kind::exited, 7}, EndedBy::case_limit}, 7, {}, ""},
      {{}, false, by(EndedBy::whole_limit), {}, 15, "the time of the whole test was over"},
      {{}, false, by(EndedBy::interruption), {}, 15, ""},
      {{}, false, by(EndedBy::own_failure), {}, {}, ""},
  };
  for (const auto& row : rows) {
    const auto which = &row - rows;
    CaseResult result;
    conclude_case(result, row.said, row.finished, row.end);
    EXPECT_EQ(result.exit_code, row.exit_code) << which;
    EXPECT_EQ(result.signal, row.signal) << which;
    EXPECT_EQ(result.note, row.note) << which;
  }
}

TEST(CaseResultTest, what_a_case_leaves_behind_is_told_after_its_end) {
  WorkerEnd end = exited(3);
  end.left = "left a process behind";
  CaseResult result;
  conclude_case(result, {}, false, end);
  EXPECT_EQ(result.note,
            "the process exited with code 3 in the middle of it; left a process behind");
  CaseResult good;
  end.main.code = 0;
  conclude_case(good, CaseEnd::passed, true, end);
  EXPECT_EQ(good.outcome, Outcome::passed) << "a leak is no failure here";
  EXPECT_EQ(good.note, "left a process behind");
}

}  // namespace
}  // namespace holdfast
