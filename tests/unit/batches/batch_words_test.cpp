// What a batch says of what went wrong in it.
#include "batches/batch_story.hpp"

namespace holdfast {
namespace {

Event not_listed(ProcessEnd main, EndedBy by = EndedBy::itself) {
  Event event = simple(Event::Kind::not_listed);
  event.end = {main, by};
  return event;
}

TEST(BatchWords, ACaseThatIsNotListedAnyMoreIsNotRun) {
  Story story(Isolation::process);
  Event begun = simple(Event::Kind::begun);
  begun.cases = {"N.gone-"};
  EXPECT_EQ(story.tell(begun), "list");
  EXPECT_EQ(story.tell(listed({"N.a"})), "N.gone- not_run in 0; end");
  EXPECT_EQ(story.batch.results()[0].note, "the program does not list it any more");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
}

TEST(BatchWords, AProcessOfACaseThatEndsBeforeItSaysHow) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b", "A.c"}));
  story.tell(announced(1));
  EXPECT_EQ(story.tell(gone(signalled(6))), "A.a crashed in 1; run A.b");
  EXPECT_EQ(story.batch.results()[0].note, "before it began");
  EXPECT_FALSE(story.batch.results()[0].untold);
  story.tell(announced(1));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.b premature_exit in 2; run A.c");
  EXPECT_EQ(story.batch.results()[1].note, "the process exited with code 0 before it began");
  story.tell(announced(1));
  story.pass("A.c");
  story.tell(simple(Event::Kind::finished));
  Event left = gone(exited(0));
  left.end.oom_killed = true;  // of another process of the test
  EXPECT_EQ(story.tell(left), "A.c passed in 3; end");
}

TEST(BatchWords, WhyTheRestIsNotRun) {
  const struct {
    Event end;
    const char* summary;
  } rows[] = {
      {gone({ProcessEnd::Kind::never_started, 2}), "the program could not be started"},
      {gone(signalled(15), EndedBy::whole_limit), "the time of the whole test was over"},
      {gone(signalled(15), EndedBy::interruption), "interrupted"},
      {gone(exited(0), EndedBy::own_failure), "Holdfast failed"},
  };
  for (const auto& row : rows) {
    Story story(Isolation::process);
    story.tell(simple(Event::Kind::begun));
    story.tell(listed({"A.a", "A.b"}));
    const std::string after = story.tell(row.end);
    EXPECT_TRUE(after.ends_with("; A.b not_run in 0; end")) << after;
    EXPECT_EQ(story.batch.results()[1].note, row.summary);
    EXPECT_NE(story.batch.summary().find(std::string("1 not run (") + row.summary + ")"),
              std::string::npos)
        << story.batch.summary();
  }
}

TEST(BatchWords, AListThatDoesNotComeIsSaidWithItsEnd) {
  const struct {
    ProcessEnd end;
    Outcome outcome;
    const char* how;
  } rows[] = {{exited(3), Outcome::premature_exit, "exited with code 3"},  // of the case
              {signalled(11), Outcome::crashed, "died of signal 11"}};
  for (const auto& row : rows) {
    Story story(Isolation::none);
    story.tell(simple(Event::Kind::begun));
    story.tell(announced(3));
    story.tell(began("A.a"));
    EXPECT_EQ(story.tell(gone(exited(0))), "A.a premature_exit in 1; list");
    EXPECT_EQ(story.tell(not_listed(row.end)), "end");
    EXPECT_EQ(story.batch.summary(),
              "1 case: 1 premature exit (A.a), 2 not run (it is not known which there are); asked "
              "for its cases (--gtest_list_tests) it " +
                  std::string(row.how));
    EXPECT_EQ(story.batch.conclude().outcome, row.outcome) << "the worst counts";
    EXPECT_TRUE(story.batch.cases_left().empty());
  }
}

// Its time was over, or somebody interrupted it: that is no fault of the program.
TEST(BatchWords, AListThatIsEndedIsNoFaultOfTheProgram) {
  for (const auto& [by, outcome] : {std::pair(EndedBy::whole_limit, Outcome::timed_out),
                                    std::pair(EndedBy::interruption, Outcome::interrupted),
                                    std::pair(EndedBy::own_failure, Outcome::internal_error),
                                    std::pair(EndedBy::case_limit, Outcome::timed_out)}) {
    Story story(Isolation::process);
    story.tell(simple(Event::Kind::begun));
    EXPECT_EQ(story.tell(not_listed(signalled(15), by)), "end");
    EXPECT_EQ(story.batch.conclude().outcome, outcome);
    EXPECT_EQ(story.batch.conclude().main.code, 15);
  }
  Story unstarted(Isolation::process);
  unstarted.tell(simple(Event::Kind::begun));
  EXPECT_EQ(unstarted.tell(not_listed({ProcessEnd::Kind::never_started, 2})), "end");
  EXPECT_EQ(unstarted.batch.conclude().outcome, Outcome::launch_failed);
}

TEST(BatchWords, WhyAProgramRunsAsItIs) {
  Story unlisted(Isolation::process);
  unlisted.tell(simple(Event::Kind::begun));
  EXPECT_EQ(unlisted.tell(not_listed(exited(1))), "say; run all");
  EXPECT_EQ(unlisted.line,
            "no process per case: asked for its cases (--gtest_list_tests) it exited with code 1");
  Story unread(Isolation::process);
  unread.tell(simple(Event::Kind::begun));
  Event some = listed({"A.a"});
  some.why = "it is odd";
  EXPECT_EQ(unread.tell(some), "say; run all");
  EXPECT_EQ(unread.line, "no process per case: its list of cases is unreadable: it is odd");
  Story untold(Isolation::process);
  untold.tell(simple(Event::Kind::begun));
  untold.tell(listed({"A.a", "A.b"}));
  EXPECT_EQ(untold.tell(gone(exited(0))), "say; run all");
  EXPECT_EQ(untold.line, "no process per case: a process for one case told of no case");
  Story forks(Isolation::fork);
  forks.tell(simple(Event::Kind::begun));
  Event cannot = simple(Event::Kind::cannot_fork);
  cannot.why = "it has 2 threads";
  EXPECT_EQ(forks.tell(cannot), "say");
  EXPECT_EQ(forks.line, "cannot fork its cases, each gets a process of its own: it has 2 threads");
}

TEST(BatchWords, AWorkerThatBeginsNoCaseSaysHowItEnded) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(simple(Event::Kind::reached));
  story.tell(listed({"A.a"}));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a not_run in 0; end");
  EXPECT_EQ(story.batch.conclude().note, "worker 1 exited with code 0 before any case began");
  EXPECT_EQ(story.batch.results()[0].note, "a worker exited with code 0 before any of them began");
}

TEST(BatchWords, AWorkerThatIsEndedBetweenTwoCasesIsJudgedByWhatEndedIt) {
  const struct {
    Event end;
    Outcome outcome;
    const char* note;
  } rows[] = {
      {gone(signalled(15), EndedBy::case_limit), Outcome::timed_out,
       "worker 1 took too long between two cases"},
      {gone(exited(3)), Outcome::failed, "worker 1 exited with code 3 between two cases"},
      {gone(exited(0)), Outcome::premature_exit, "worker 1 exited with code 0 between two cases"},
      {gone(signalled(9)), Outcome::crashed, "worker 1 died of signal 9 between two cases"},
  };
  for (const auto& row : rows) {
    for (const bool is_oom : {false, true}) {
      Story story(Isolation::none);
      story.tell(simple(Event::Kind::begun));
      story.tell(announced(2));
      story.pass("A.a");
      Event end = row.end;
      end.end.oom_killed = is_oom;
      EXPECT_EQ(story.tell(end), "list");
      EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.b") << "the rest runs";
      story.tell(announced(1));
      story.pass("A.b");
      story.tell(simple(Event::Kind::finished));
      EXPECT_EQ(story.tell(gone(exited(0))), "end");
      const bool is_killed = is_oom && row.outcome == Outcome::crashed;
      EXPECT_EQ(story.batch.conclude().outcome, is_killed ? Outcome::oom_killed : row.outcome);
      EXPECT_EQ(story.batch.conclude().note, row.note);
    }
  }
}

TEST(BatchWords, WhatAServerLeavesBehindMakesTheBatchRed) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(simple(Event::Kind::reached));
  story.tell(listed({"A.a"}));
  Event child = simple(Event::Kind::child_began);
  child.name = "A.a";
  story.tell(child);
  child.kind = Event::Kind::child_ended;
  child.child_said = CaseEnd::passed;
  child.child_finished = true;
  child.end.main = exited(0);
  EXPECT_EQ(story.tell(child), "A.a passed in 1");
  Event left = gone(exited(0));
  left.end.left = "left a process behind";
  left.end.leak_fails = true;
  EXPECT_EQ(story.tell(left), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
  EXPECT_EQ(story.batch.conclude().note, "left a process behind");
}

// Another attempt runs only those of which the program itself is to blame for nothing more.
TEST(BatchWords, WhatOthersDoToABatchLeavesOnlyItsCases) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b"}));
  story.tell(announced(1));
  story.pass("A.a");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a passed in 1; run A.b");
  Event refused = gone(exited(0));
  refused.kind = Event::Kind::not_begun;
  refused.why = "no db";
  story.tell(refused);
  EXPECT_EQ(story.batch.cases_left(), std::vector<std::string>{"A.b"});
}

}  // namespace
}  // namespace holdfast
