// Which cases a worker gets, and what selects them.
#include "batches/batch_story.hpp"

namespace holdfast {
namespace {

TEST(BatchTest, a_retry_of_some_cases_never_runs_all) {
  Story story(Isolation::process);
  Event some = simple(Event::Kind::begun);
  some.cases = {"A.a"};
  EXPECT_EQ(story.tell(some), "run A.a");
  EXPECT_EQ(story.tell(gone(exited(1))), "A.a failed in 1; end");
}

TEST(BatchTest, a_filter_selects_its_case_alone) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  Event all = listed({"N.a-b", "N.aXb"});
  all.others = {"N.aYb"};
  EXPECT_EQ(story.tell(all), "run N.a-b");
  EXPECT_EQ(story.selection, "N.a?b-N.aYb:N.aXb");
  EXPECT_EQ(story.tell(gone(signalled(6))), "N.a-b crashed in 1; run N.aXb");
  EXPECT_EQ(story.selection, "N.aXb");
}

TEST(BatchTest, what_no_filter_selects_alone_is_not_run) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"S.a-b", "S.a:b", "S.c"})),
            "S.a-b not_run in 0; S.a:b not_run in 0; run S.c");
  EXPECT_EQ(story.batch.results()[0].note, "no filter of GoogleTest's tells it from S.a:b");
}

TEST(BatchTest, what_has_run_is_not_run_again_beside_others) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(4));
  story.tell(began("S.a:b"));
  story.tell(gone(signalled(6)));
  // All but the one that is like it by one worker, and that by none.
  EXPECT_EQ(story.tell(listed({"S.a:b", "S.c", "S.a-b", "S.d-"})), "run S.c S.a-b S.d-");
  EXPECT_EQ(story.selection, "S.c");
  story.tell(announced(1));
  story.pass("S.c");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "S.a-b not_run in 0; run S.d-");
  EXPECT_EQ(story.selection, "S.d?");
}

TEST(BatchTest, a_worker_that_runs_again_what_has_run_gets_on_no_further) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.tell(began("A.a"));
  story.tell(gone(signalled(6)));
  story.tell(listed({"A.a", "A.b"}));
  story.tell(began("A.a"));
  EXPECT_EQ(story.tell(gone(signalled(6))), "A.b not_run in 0; end");
}

TEST(BatchTest, a_filter_is_no_longer_than_an_argument) {
  std::vector<std::string> many;
  for (int i = 0; i < 3000; ++i) many.push_back("A." + std::string(100, 'n') + std::to_string(i));
  Story story(Isolation::none);
  Event begun = simple(Event::Kind::begun);
  begun.cases = many;
  story.tell(begun);
  EXPECT_LT(story.selection.size(), 128U * 1024);
  EXPECT_GT(story.selection.size(), 64U * 1024);
}

TEST(BatchTest, a_further_attempt_asks_first_for_what_a_filter_does_not_select_alone) {
  Story story(Isolation::process);
  Event begun = simple(Event::Kind::begun);
  begun.cases = {"N.a-b", "N.gone-"};
  EXPECT_EQ(story.tell(begun), "list");
  EXPECT_EQ(story.tell(listed({"N.a-b", "N.aXb"})), "N.gone- not_run in 0; run N.a-b");
  EXPECT_EQ(story.selection, "N.a?b-N.aXb");
}

TEST(BatchTest, cases_that_a_nested_program_prints_first_are_not_its) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a"}));
  story.tell(began("Other.x"));
  story.tell(ended("Other.x", CaseEnd::failed));
  story.tell(announced(1));
  story.pass("A.a");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a passed in 1; end");
}

TEST(BatchTest, of_a_repeated_case_the_worst_counts) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(1));
  EXPECT_EQ(story.pass("A.a"), "A.a passed in 1");
  story.tell(simple(Event::Kind::finished));
  story.tell(announced(1));
  EXPECT_EQ(story.pass("A.a", CaseEnd::failed), "A.a failed in 1");
  story.tell(simple(Event::Kind::finished));
  story.tell(announced(1));
  EXPECT_EQ(story.pass("A.a"), "");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(1))), "end");
  EXPECT_EQ(story.batch.results().size(), 1U);
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
}

TEST(BatchTest, a_further_attempt_runs_what_it_is_given_and_nothing_else) {
  for (Isolation isolation : {Isolation::none, Isolation::process, Isolation::fork}) {
    Story story(isolation);
    Event begun = simple(Event::Kind::begun);
    begun.cases = {"S.a", "S.b"};
    const bool shares = isolation == Isolation::none;
    EXPECT_EQ(story.tell(begun), shares ? "run S.a S.b" : "run S.a");
    story.tell(announced(shares ? 2 : 1));
    story.pass("S.a");
    if (!shares) {
      story.tell(simple(Event::Kind::finished));
      EXPECT_EQ(story.tell(gone(exited(0))), "S.a passed in 1; run S.b");
      story.tell(announced(1));
    }
    story.pass("S.b");
    story.tell(simple(Event::Kind::finished));
    story.tell(gone(exited(0)));
    EXPECT_EQ(story.batch.results().size(), 2U);
    EXPECT_EQ(story.batch.conclude().outcome, Outcome::passed);
  }
}

}  // namespace
}  // namespace holdfast
