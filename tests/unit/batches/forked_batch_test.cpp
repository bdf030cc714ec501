#include "batches/batch_story.hpp"

namespace holdfast {
namespace {

Event child_ended(const char* name, std::optional<CaseEnd> said, ProcessEnd main) {
  Event event{Event::Kind::child_ended, name};
  event.child_said = said;
  event.child_finished = said.has_value();
  event.end = {main};
  return event;
}

TEST(ForkedBatchTest, a_crash_of_a_forked_case_costs_one_child) {
  Story story(Isolation::fork);
  EXPECT_EQ(story.tell(simple(Event::Kind::begun)), "serve");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b", "A.c"})), "");
  story.tell({Event::Kind::child_began, "A.a"});
  story.tell({Event::Kind::child_began, "A.b"});
  EXPECT_EQ(story.batch.waiting(), std::deque<std::string>{"A.c"});
  EXPECT_EQ(story.tell(child_ended("A.b", {}, signalled(11))), "A.b crashed in 1");
  EXPECT_EQ(story.tell(child_ended("A.a", CaseEnd::passed, exited(0))), "A.a passed in 1");
  story.tell({Event::Kind::child_began, "A.c"});
  EXPECT_EQ(story.tell(child_ended("A.c", CaseEnd::skipped, exited(0))), "A.c skipped in 1");
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
}

TEST(ForkedBatchTest, a_server_that_dies_is_replaced_if_it_was_of_use) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b"}));
  story.tell({Event::Kind::child_began, "A.a"});
  story.tell(child_ended("A.a", CaseEnd::passed, exited(0)));
  EXPECT_EQ(story.tell(gone(signalled(9))), "serve");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "");
  EXPECT_EQ(story.tell(gone(signalled(9))), "A.b not_run in 0; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::crashed);
}

TEST(ForkedBatchTest, how_a_server_ends_while_its_last_child_runs_counts) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a"}));
  story.tell({Event::Kind::child_began, "A.a"});
  EXPECT_EQ(story.tell(gone(signalled(9))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::crashed);
}

TEST(ForkedBatchTest, a_child_counts_once_whatever_its_server_says) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b"}));
  EXPECT_EQ(story.tell(child_ended("A.a", CaseEnd::passed, exited(0))), "") << "it has not begun";
  story.tell({Event::Kind::child_began, "A.a"});
  story.tell({Event::Kind::child_began, "A.a"});
  EXPECT_EQ(story.tell(gone(signalled(9))), "serve");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "");
  EXPECT_EQ(story.batch.waiting(), std::deque<std::string>{"A.b"}) << "A.a still runs";
  EXPECT_EQ(story.tell(child_ended("A.a", CaseEnd::failed, exited(1))), "A.a failed in 2");
  EXPECT_EQ(story.tell(child_ended("A.a", {}, signalled(11))), "");
}

// The process of each case has come to the same end of main(), and was judged by it.
TEST(ForkedBatchTest, how_a_server_ends_that_has_served_all_says_nothing) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(simple(Event::Kind::reached));
  story.tell(listed({"A.a"}));
  story.tell({Event::Kind::child_began, "A.a"});
  EXPECT_EQ(story.tell(child_ended("A.a", CaseEnd::passed, exited(0))), "A.a passed in 1");
  EXPECT_EQ(story.tell(gone(exited(3))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::passed);
  EXPECT_EQ(story.batch.summary(), "1 case: 1 passed");
}

TEST(ForkedBatchTest, who_cannot_fork_gets_processes) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell({Event::Kind::cannot_fork, "", CaseEnd::passed, 0, {}, "two threads"}),
            "say");
  EXPECT_EQ(story.tell(gone(exited(0))), "list");
  EXPECT_EQ(story.tell(listed({"A.a"})), "run A.a");
}

}  // namespace
}  // namespace holdfast
