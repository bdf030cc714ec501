// A batch of a program that tells how its cases ended, and not when they begin.
#include "batches/batch_story.hpp"

namespace holdfast {
namespace {

Event finished() { return simple(Event::Kind::finished); }

TEST(Catch2BatchTest, cases_that_share_a_process_need_no_list) {
  Story story(Isolation::none, catch2(), Telling::ends);
  EXPECT_EQ(story.tell(simple(Event::Kind::begun)), "run all");
  story.tell(announced(2));
  EXPECT_EQ(story.pass("a"), "a passed in 1");
  EXPECT_EQ(story.pass("b", CaseEnd::failed), "b failed in 1");
  story.tell(finished());
  EXPECT_EQ(story.tell(gone(exited(42))), "end");
  EXPECT_EQ(story.batch.conclude().main.code, 1);
  EXPECT_EQ(story.batch.summary(), "2 cases: 1 passed, 1 failed");
}

TEST(Catch2BatchTest, after_an_untold_death_each_of_the_rest_has_its_own_process) {
  Story story(Isolation::none, catch2(), Telling::ends);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("a");
  EXPECT_EQ(story.tell(gone(signalled(9))), "say; list");
  EXPECT_EQ(story.tell(listed({"a", "b", "c"})), "run b");
  story.tell(announced(1));
  story.tell(began("b"));
  EXPECT_EQ(story.tell(gone(signalled(9))), "b crashed in 2; run c");
  story.tell(announced(1));
  story.tell(began("c"));
  story.tell(ended("c", CaseEnd::passed));
  story.tell(finished());
  EXPECT_EQ(story.tell(gone(exited(0))), "c passed in 3; end");
  EXPECT_EQ(story.batch.summary(),
            "3 cases: 2 passed, 1 crashed (b); worker 1 died of signal 9 in a case that it has not "
            "told of");
}

TEST(Catch2BatchTest, a_death_that_no_case_repeats_is_red) {
  for (const ProcessEnd& end : {signalled(11), exited(0), exited(3)}) {
    Story story(Isolation::none, catch2(), Telling::ends);
    story.tell(simple(Event::Kind::begun));
    story.tell(announced(1));
    EXPECT_EQ(story.tell(gone(end)), "say; list");
    EXPECT_EQ(story.tell(listed({"a"})), "run a");
    story.tell(announced(1));
    story.tell(began("a"));
    story.tell(ended("a", CaseEnd::passed));
    story.tell(finished());
    EXPECT_EQ(story.tell(gone(exited(0))), "a passed in 2; end");
    EXPECT_TRUE(is_bad(story.batch.conclude().outcome));
  }
}

TEST(Catch2BatchTest, after_a_told_death_a_fresh_worker_goes_on_with_the_rest) {
  Story story(Isolation::none, catch2(), Telling::ends);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("a");
  story.tell(began("b"));
  EXPECT_EQ(story.tell(gone(signalled(11))), "b crashed in 1; list");
  EXPECT_EQ(story.tell(listed({"a", "b", "c", "d,e"})), "run c d,e");
  EXPECT_EQ(story.selection, "c,d\\,e");
  story.tell(announced(2));
  story.pass("c");
  story.pass("d,e");
  story.tell(finished());
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.summary(), "4 cases: 3 passed, 1 crashed (b)");
}

TEST(Catch2BatchTest, a_death_in_the_last_case_leaves_nothing) {
  Story story(Isolation::none, catch2(), Telling::ends);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(1));
  story.tell(began("a"));
  EXPECT_EQ(story.tell(gone(signalled(11))), "a crashed in 1; list");
  EXPECT_EQ(story.tell(listed({"a"})), "end");
  EXPECT_EQ(story.batch.summary(), "1 case: 1 crashed (a)");
}

TEST(Catch2BatchTest, what_the_whole_limit_leaves_is_not_run) {
  Story story(Isolation::none, catch2(), Telling::ends);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("a");
  EXPECT_EQ(story.tell(gone(signalled(9), EndedBy::whole_limit)), "list");
  EXPECT_EQ(story.tell(listed({"a", "b"})), "b not_run in 0; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::timed_out);
}

TEST(Catch2BatchTest, the_code_of_skipped_cases_is_no_failure) {
  for (const Isolation isolation : {Isolation::none, Isolation::process}) {
    Story story(isolation, catch2(), Telling::ends);
    story.tell(simple(Event::Kind::begun));
    if (isolation == Isolation::process) story.tell(listed({"a"}));
    story.tell(announced(1));
    story.tell(began("a"));
    story.tell(ended("a", CaseEnd::skipped));
    story.tell(finished());
    story.tell(gone(exited(4)));
    EXPECT_EQ(story.batch.summary(), "1 case: 1 skipped");
    EXPECT_EQ(story.batch.conclude().main.code, 0);
  }
  EXPECT_TRUE(catch2().is_usual_exit(CaseEnd::skipped, 4));
  EXPECT_FALSE(catch2().is_usual_exit(CaseEnd::skipped, 3));
  Story passed(Isolation::process, catch2(), Telling::ends);
  passed.tell(simple(Event::Kind::begun));
  passed.tell(listed({"a"}));
  passed.tell(announced(1));
  passed.tell(began("a"));
  passed.tell(ended("a", CaseEnd::passed));
  passed.tell(finished());
  EXPECT_EQ(passed.tell(gone(exited(4))), "a failed in 1; end");
}

TEST(Catch2BatchTest, names_that_catch2_takes_for_one_are_not_run) {
  Story story(Isolation::process, catch2(), Telling::nothing);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"Foo", "foo", "  ", "bar"})),
            "Foo not_run in 0; foo not_run in 0;    not_run in 0; run bar");
  EXPECT_EQ(story.selection, "bar");
  EXPECT_EQ(story.batch.results()[0].note, "no filter of Catch2's tells it from foo");
  EXPECT_EQ(story.batch.results()[2].note, "Catch2 cannot select a case of that name");
}

TEST(Catch2BatchTest, a_further_attempt_asks_first_which_others_there_are) {
  Story story(Isolation::process, catch2(), Telling::ends);
  Event begun = simple(Event::Kind::begun);
  begun.cases = {"b"};
  EXPECT_EQ(story.tell(begun), "list");
  EXPECT_EQ(story.tell(listed({"a", "b"})), "run b");
}

TEST(Catch2BatchTest, a_program_that_tells_nothing_is_one_test) {
  struct Row {
    ProcessEnd end;
    bool is_through;
    Outcome outcome;
    const char* summary;
  };
  for (const Row& row :
       {Row{exited(0), true, Outcome::passed, "run as one test"},
        Row{exited(2), true, Outcome::failed, "run as one test"},
        Row{exited(0), false, Outcome::premature_exit,
            "run as one test; worker 1 exited with code 0 before it was through"},
        Row{signalled(11), false, Outcome::crashed,
            "run as one test; worker 1 died of signal 11 before it was through"}}) {
    Story story(Isolation::none, catch2(), Telling::nothing);
    EXPECT_EQ(story.tell(simple(Event::Kind::begun)), "run all");
    story.tell(announced(1));
    if (row.is_through) story.tell(finished());
    EXPECT_EQ(story.tell(gone(row.end)), "end");
    EXPECT_EQ(story.batch.conclude().outcome, row.outcome) << row.summary;
    EXPECT_EQ(story.batch.conclude().main.code, row.end.code);
    EXPECT_EQ(story.batch.summary(), row.summary);
  }
}

}  // namespace
}  // namespace holdfast
