#include "batches/batch_story.hpp"

namespace holdfast {
namespace {

Event settled(const char* name, Outcome outcome, EndedBy by = EndedBy::itself) {
  Event event = gone(exited(0), by);
  event.kind = Event::Kind::case_settled;
  event.name = name;
  event.settled.name = name;
  event.settled.outcome = outcome;
  if (outcome == Outcome::crashed) event.settled.signal = 11;
  return event;
}

Event wanted() { return simple(Event::Kind::case_wanted); }

TEST(SideBySideTest, cases_begin_in_their_order_and_are_numbered) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"A.a", "A.b", "A.c"})), "run A.a");
  EXPECT_EQ(story.tell(wanted()), "run A.a");
  EXPECT_EQ(story.tell(wanted()), "run A.b");
  EXPECT_EQ(story.batch.waiting(), std::deque<std::string>{"A.c"});
  EXPECT_EQ(story.tell(settled("A.a", Outcome::passed)), "A.a passed in 1");
  EXPECT_EQ(story.tell(wanted()), "run A.c");
  EXPECT_EQ(story.tell(wanted()), "");
  EXPECT_EQ(story.tell(settled("A.b", Outcome::crashed)), "A.b crashed in 2");
  EXPECT_EQ(story.tell(settled("A.c", Outcome::passed)), "A.c passed in 3");
  EXPECT_EQ(story.tell(settled("A.c", Outcome::failed)), "") << "it is settled";
  EXPECT_EQ(story.tell(simple(Event::Kind::cases_over)), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::crashed);
}

TEST(SideBySideTest, after_an_interruption_what_runs_is_settled_and_what_waits_is_not_run) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b", "A.c"}));
  story.tell(wanted());
  story.tell(wanted());
  EXPECT_EQ(story.tell(settled("A.a", Outcome::interrupted, EndedBy::interruption)),
            "A.a interrupted in 1; A.c not_run in 0; end");
  EXPECT_EQ(story.tell(settled("A.b", Outcome::interrupted, EndedBy::interruption)),
            "A.b interrupted in 2; end");
  EXPECT_EQ(story.tell(wanted()), "");
  EXPECT_EQ(story.tell(simple(Event::Kind::cases_over)), "end");
}

TEST(SideBySideTest, the_limit_of_a_case_stops_nothing_else) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b"}));
  story.tell(wanted());
  EXPECT_EQ(story.tell(settled("A.a", Outcome::timed_out, EndedBy::case_limit)),
            "A.a timed_out in 1");
  EXPECT_EQ(story.tell(wanted()), "run A.b");
}

// Whether the program runs as it is decides the larger batch.
TEST(SideBySideTest, a_batch_of_one_case_says_that_its_process_told_nothing) {
  Story story(Isolation::process, googletest(), Telling::beginnings, Batch::Extent::one_case);
  EXPECT_EQ(story.tell(listed({"A.a"})), "run A.a");
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a premature_exit in 1; end");
  EXPECT_TRUE(story.batch.results().front().untold);
}

// The launcher makes the 0 a failure of its own, which WILL_FAIL does not turn.
TEST(SideBySideTest, a_case_that_failed_by_what_it_left_behind_has_no_code_that_says_so) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a"}));
  story.tell(announced(1));
  story.pass("A.a");
  story.tell(simple(Event::Kind::finished));
  Event left = gone(exited(0));
  left.end.left = "left a process behind";
  left.end.leak_fails = true;
  EXPECT_EQ(story.tell(left), "A.a failed in 1; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
  EXPECT_EQ(story.batch.conclude().main.kind, ProcessEnd::Kind::exited);
  EXPECT_EQ(story.batch.conclude().main.code, 0);
}

TEST(SideBySideTest, a_case_that_cannot_be_selected_is_left_out) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"A.a", "B.a-b", "B.a:b"})), "run A.a");
  story.tell(wanted());
  EXPECT_EQ(story.tell(wanted()), "B.a-b not_run in 0; B.a:b not_run in 0");
}

TEST(SideBySideTest, a_filter_leaves_out_the_cases_that_run_meanwhile) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.axb", "A.a-b"}));
  EXPECT_EQ(story.tell(wanted()), "run A.axb");
  EXPECT_EQ(story.tell(wanted()), "run A.a-b");
  EXPECT_EQ(story.selection, "A.a?b-A.axb");
}

}  // namespace
}  // namespace holdfast
