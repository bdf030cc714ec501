#include "batches/batch_story.hpp"

namespace holdfast {
namespace {

TEST(BatchOfNoCaseTest, no_cases_are_no_tests) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  // What that comes to the program says: with --gtest_fail_if_no_test_selected it ends with 1.
  EXPECT_EQ(story.tell(listed({})), "run all");
  story.tell(announced(0));
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::no_tests);
  EXPECT_EQ(story.batch.conclude().main.code, 0);
  EXPECT_EQ(story.batch.summary(), "0 cases: the filter matches none");

  Story refused(Isolation::fork);
  refused.tell(simple(Event::Kind::begun));
  refused.tell(listed({}));
  EXPECT_EQ(refused.tell(gone(exited(0))), "run all");
  refused.tell(announced(0));
  EXPECT_EQ(refused.tell(gone(exited(1))), "end");
  EXPECT_EQ(refused.batch.conclude().outcome, Outcome::failed);
  EXPECT_EQ(refused.batch.conclude().main.code, 1);

  // Of a program that chooses its shard itself.
  Story of_shard(Isolation::fork);
  of_shard.tell(simple(Event::Kind::begun));
  Event none = listed({});
  none.is_shard = true;
  of_shard.tell(none);
  EXPECT_EQ(of_shard.batch.summary(), "0 cases");
}

TEST(BatchOfNoCaseTest, cases_of_an_empty_list_that_are_lost_are_said) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({}));
  story.tell(announced(2));
  story.tell(began("A.a"));
  EXPECT_EQ(story.tell(gone(signalled(11))), "A.a crashed in 1; end");
  EXPECT_EQ(story.batch.summary(),
            "1 case: 1 crashed (A.a), 1 not run (its list does not have them)");
}

// It died, and then cannot say which cases it has.
TEST(BatchOfNoCaseTest, one_that_died_at_its_start_is_not_run_again_as_one_test) {
  Story story(Isolation::none, doctest(), Telling::ends);
  EXPECT_EQ(story.tell(simple(Event::Kind::begun)), "run all");
  const std::string after = story.tell(gone(signalled(11)));
  EXPECT_NE(after.find("list"), std::string::npos) << after;
  Event failed = simple(Event::Kind::not_listed);
  failed.end = {signalled(11)};
  const std::string then = story.tell(failed);
  EXPECT_EQ(then.find("run"), std::string::npos) << then;
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::crashed);
}

TEST(BatchOfNoCaseTest, a_help_in_place_of_cases_is_no_pass) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(simple(Event::Kind::printed_help));
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::no_tests);
  EXPECT_EQ(story.batch.summary(), "0 cases: it printed its help");
}

TEST(BatchOfNoCaseTest, a_help_that_a_case_prints_is_its_output) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(1));
  story.tell(simple(Event::Kind::printed_help));
  story.pass("A.a");
  story.tell(simple(Event::Kind::finished));
  story.tell(gone(exited(0)));
  EXPECT_EQ(story.batch.summary(), "1 case: 1 passed");
}

TEST(BatchOfNoCaseTest, a_program_that_is_not_googletests_is_judged_by_its_code) {
  for (const int number : {0, 4}) {
    Story story(Isolation::none);
    story.tell(simple(Event::Kind::begun));
    EXPECT_EQ(story.tell(gone(exited(number))), "end");
    EXPECT_EQ(story.batch.conclude().outcome, number == 0 ? Outcome::passed : Outcome::failed);
    EXPECT_EQ(story.batch.conclude().main.code, number);
  }
}

TEST(BatchOfNoCaseTest, what_such_a_program_leaves_behind_makes_it_red_if_it_must_not) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  Event left = gone(exited(0));
  left.end.left = "left a process behind";
  left.end.leak_fails = true;
  EXPECT_EQ(story.tell(left), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
  EXPECT_EQ(story.batch.conclude().main.code, 0);
  EXPECT_EQ(story.batch.conclude().note, "left a process behind");
}

// Whether the program runs as it is would be decided after the cases that run beside them.
TEST(BatchOfNoCaseTest, processes_that_told_nothing_before_the_batch_was_ended_are_of_cases) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b", "A.c"}));
  story.tell(simple(Event::Kind::case_wanted));
  story.tell(simple(Event::Kind::case_wanted));
  Event settled = gone(exited(0));
  settled.kind = Event::Kind::case_settled;
  settled.name = settled.settled.name = "A.a";
  settled.settled.outcome = Outcome::premature_exit;
  settled.settled.untold = true;
  EXPECT_EQ(story.tell(settled), "");
  settled = gone(signalled(15), EndedBy::interruption);
  settled.kind = Event::Kind::case_settled;
  settled.name = settled.settled.name = "A.b";
  settled.settled.outcome = Outcome::interrupted;
  EXPECT_EQ(story.tell(settled),
            "A.b interrupted in 2; A.a premature_exit in 1; A.c not_run in 0; end");
  EXPECT_EQ(story.tell(simple(Event::Kind::cases_over)), "end");
  EXPECT_EQ(story.batch.summary(),
            "3 cases: 1 premature exit (A.a), 1 interrupted (A.b), 1 not run (interrupted)");
}

TEST(BatchOfNoCaseTest, a_process_that_told_nothing_beside_others_that_told_is_red) {
  Story story(Isolation::process);
  const auto settled = [](const char* name, bool is_untold) {
    Event event = gone(exited(0));
    event.kind = Event::Kind::case_settled;
    event.name = name;
    event.settled.name = name;
    event.settled.outcome = is_untold ? Outcome::premature_exit : Outcome::passed;
    event.settled.untold = is_untold;
    return event;
  };
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b", "A.c"}));
  story.tell(simple(Event::Kind::case_wanted));
  story.tell(simple(Event::Kind::case_wanted));
  EXPECT_EQ(story.tell(settled("A.a", true)), "");
  EXPECT_EQ(story.tell(simple(Event::Kind::case_wanted)), "") << "perhaps none tells of a case";
  EXPECT_EQ(story.tell(settled("A.b", false)), "A.b passed in 2");
  EXPECT_EQ(story.tell(simple(Event::Kind::case_wanted)), "run A.c");
  EXPECT_EQ(story.tell(settled("A.c", true)), "A.c premature_exit in 3");
  EXPECT_EQ(story.tell(simple(Event::Kind::cases_over)), "A.a premature_exit in 1; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::premature_exit);
}

TEST(BatchOfNoCaseTest, a_program_that_cannot_be_started_is_started_once) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(gone({ProcessEnd::Kind::never_started, 2})), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::launch_failed);
}

}  // namespace
}  // namespace holdfast
