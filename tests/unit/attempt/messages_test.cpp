#include "attempt/messages.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <cstring>

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

ListedProcess process(pid_t pid, const char* name) {
  ListedProcess listed;
  listed.pid = pid;
  std::strncpy(listed.name.data(), name, listed.name.size() - 1);
  return listed;
}

AttemptResult ended(EndReason reason, int signal = 0) {
  AttemptResult result;
  result.observation.end_reason = reason;
  result.observation.end_signal = signal;
  result.outcome = outcome_of(result.observation);
  return result;
}

AttemptResult with(Outcome outcome, int code = 1) {
  AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::exited, code};
  result.outcome = outcome;
  return result;
}

AttemptResult leaked(unsigned count) {
  AttemptResult result = with(Outcome::passed, 0);
  result.observation.leaked = true;
  result.report.leftovers = count;
  result.report.leftover_list[0] = process(17, "sleep");
  result.report.leftover_list[1] = process(18, "cat");
  return result;
}

std::string note(const AttemptResult& result) {
  Policy policy;
  policy.timeout = 1500ms;
  return note_on(result, "t", "/b/t", policy);
}

TEST(LockLine, NamesLocksAndServices) {
  Policy policy;
  EXPECT_EQ(lock_line(policy, 0ms), "lock none after 0.0 s");
  policy.services = {{.name = "web"}, {.name = "mail"}};
  EXPECT_EQ(lock_line(policy, 0ms), "service web, mail after 0.0 s");
  policy.locks = {{.name = "db"}, {.name = "port"}};
  EXPECT_EQ(lock_line(policy, 1200ms), "lock db, port, service web, mail after 1.2 s");
}

TEST(Note, OnATestThatSimplyRanAndEndedIsEmpty) {
  EXPECT_EQ(note(with(Outcome::passed, 0)), "");
  EXPECT_EQ(note(with(Outcome::failed)), "");
  EXPECT_EQ(note(with(Outcome::skipped, 77)), "");
}

TEST(Note, SaysWhyItWasEnded) {
  EXPECT_EQ(note(ended(EndReason::timeout)),
            "\"t\" timed out after 1.5 s; its process tree was ended");
  AttemptResult waits = ended(EndReason::timeout);
  waits.report.orphan = process(23, "daemon");
  EXPECT_EQ(note(waits),
            "\"t\" timed out after 1.5 s; its process tree was ended; daemon (pid 23) had lost its "
            "parent: if it waits for getppid() == 1, containment = \"pidns\" helps");
  waits.observation.end_reason = EndReason::signal;
  waits.observation.end_signal = SIGTERM;
  EXPECT_EQ(note(waits).find("daemon"), std::string::npos);
  EXPECT_EQ(note(ended(EndReason::signal, SIGTERM)),
            "\"t\" interrupted by SIGTERM; its process tree was ended");
  EXPECT_EQ(note(ended(EndReason::signal, SIGRTMIN + 20)), "\"t\" interrupted by signal " +
                                                               std::to_string(SIGRTMIN + 20) +
                                                               "; its process tree was ended");
  EXPECT_EQ(note(ended(EndReason::parent_gone)),
            "\"t\" interrupted: ctest has ended; its process tree was ended");
  EXPECT_EQ(note_on(ended(EndReason::parent_gone), "link app", "ld", {}, "the build tool"),
            "\"link app\" interrupted: the build tool has ended; its process tree was ended");
}

TEST(Note, TellsNobodyOfTheKeyThatHePressed) {
  AttemptResult result = ended(EndReason::signal, SIGINT);
  result.pressed = SIGINT;
  EXPECT_EQ(note(result), "");
  result.pressed = SIGQUIT;
  EXPECT_NE(note(result), "");
}

TEST(Note, NamesWhatATestLeftBehind) {
  EXPECT_EQ(note(leaked(1)), "\"t\" left 1 process behind, ended: sleep (pid 17)");
  EXPECT_EQ(note(leaked(2)), "\"t\" left 2 processes behind, ended: sleep (pid 17), cat (pid 18)");
  AttemptResult many = leaked(k_most_listed + 3);
  const std::string text = note(many);
  EXPECT_NE(text.find("left 19 processes behind"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(" and 3 more")) << text;
}

TEST(Note, NamesWhatCouldNotBeEnded) {
  AttemptResult result = ended(EndReason::timeout);
  result.report.survivors = 1;
  result.report.survivor_list[0] = process(9, "dd");
  EXPECT_EQ(note(result),
            "\"t\" timed out after 1.5 s; its process tree was ended; could not be ended: dd (pid "
            "9)");
  AttemptResult left = leaked(2);
  left.report.survivors = 1;
  left.report.survivor_list[0] = process(18, "cat");
  EXPECT_EQ(note(left),
            "\"t\" left 2 processes behind: sleep (pid 17), cat (pid 18); could not be ended: cat "
            "(pid 18)");
}

TEST(Note, OnACommandThatCannotBeExecutedSaysNothingElse) {
  AttemptResult result = leaked(1);
  result.report.exec_error = EACCES;
  EXPECT_EQ(note_on(result, "t", "t", {}), "failed to execute t: Permission denied");
}

TEST(Note, ExplainsAnOutcomeThatTheExitCodeDoesNot) {
  AttemptResult unfiltered = with(Outcome::no_tests, 0);
  AttemptResult because = unfiltered;
  because.ran_nothing_because = "all are disabled";
  AttemptResult marked = with(Outcome::deliberate_exit, 0);
  marked.marker = "no disk";
  AttemptResult skipped = with(Outcome::deliberate_exit, 77);
  skipped.observation.skip_code = 77;
  const struct {
    AttemptResult result;
    std::string text;
  } rows[] = {
      {with(Outcome::premature_exit, 0),
       "exited with 0 before all its cases had run (exit() in a case? See the setting "
       "premature-exit)"},
      {with(Outcome::no_tests, 5),
       "found nothing to run: pytest has collected no test, or deselected all"},
      {unfiltered, "found nothing to run: its filter matches no test"},
      {because, "found nothing to run: all are disabled"},
      {with(Outcome::oom_killed), "was killed by the kernel because memory ran out"},
      {marked,
       "left a marker (no disk) and exited with 0, which says something else: it counts as failed"},
      {skipped,
       "left a marker () and exited with 77, which says something else: it counts as failed"},
  };
  for (const auto& row : rows) EXPECT_EQ(note(row.result), "\"t\" " + row.text);
  EXPECT_EQ(note(with(Outcome::deliberate_exit, 3)), "");
}

TEST(Note, NamesTheFirstMarkerThatIsNobodys) {
  AttemptResult result = with(Outcome::passed, 0);
  result.orphans = {{"exit-1", "is of another attempt"}};
  EXPECT_EQ(note(result), "\"t\" has an orphan marker: exit-1 is of another attempt");
  result.orphans.push_back({"exit-2", "is empty"});
  result.outcome = Outcome::oom_killed;
  EXPECT_EQ(
      note(result),
      "\"t\" was killed by the kernel because memory ran out; \"t\" has an orphan marker: exit-1 "
      "is of another attempt, and 1 more");
}

TEST(Account, SaysAllThatExplainsTheOutcome) {
  AttemptResult result = leaked(1);
  result.wall_us = 1'500'000;
  EXPECT_EQ(account_of(result),
            "outcome passed: exit 0 after 1.5 s; left 1 process behind, ended: sleep (pid 17)");
  result.observation.end_reason = EndReason::timeout;
  result.outcome = Outcome::timed_out;
  result.marker = "no disk";
  result.orphans = {{"exit-7", "is cut off"}, {"exit-8", "is empty"}};
  result.observation.unfinished = true;
  result.observation.out_of_memory = true;
  result.remark = "pytest did not understand";
  result.verdict = "failed";
  EXPECT_EQ(account_of(result),
            "outcome timed_out: timed out after 1.5 s; ended because its time is over; left 1 "
            "process behind, ended: sleep (pid 17); its marker counts: no disk; not believed: the "
            "marker exit-7 is cut off; not believed: the marker exit-8 is empty; not all its cases "
            "had run; it died because memory ran out; pytest did not understand; verdict failed");
}

TEST(Note, IsWorthKnowingAndNoErrorWhereTheTestItselfWasNotCutShort) {
  EXPECT_TRUE(is_worth_knowing(leaked(1)));
  EXPECT_FALSE(is_worth_knowing(with(Outcome::passed, 0)));
  EXPECT_FALSE(is_worth_knowing(ended(EndReason::timeout)));
  AttemptResult premature = leaked(1);
  premature.outcome = Outcome::premature_exit;
  EXPECT_FALSE(is_worth_knowing(premature));
  AttemptResult survived = leaked(1);
  survived.report.survivors = 1;
  EXPECT_FALSE(is_worth_knowing(survived));
  AttemptResult orphaned = with(Outcome::passed, 0);
  orphaned.orphans = {{"exit-1", "is empty"}};
  EXPECT_TRUE(is_worth_knowing(orphaned));
  AttemptResult timed_out = leaked(1);
  timed_out.observation.end_reason = EndReason::timeout;
  EXPECT_FALSE(is_worth_knowing(timed_out));
}

TEST(Note, OnATestWithNothingToRunIsAnErrorWhereSettingsSaySo) {
  AttemptResult nothing = with(Outcome::no_tests, 0);
  for (const NoTests fine : {NoTests::keep, NoTests::pass, NoTests::skip}) {
    nothing.observation.no_tests = fine;
    EXPECT_TRUE(is_worth_knowing(nothing));
  }
  nothing.observation.no_tests = NoTests::fail;
  EXPECT_FALSE(is_worth_knowing(nothing));
}

}  // namespace
}  // namespace holdfast::supervision
