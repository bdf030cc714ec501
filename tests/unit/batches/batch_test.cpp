#include "batches/batch_story.hpp"

#include <utility>

namespace holdfast {
namespace {

TEST(BatchTest, a_batch_that_nothing_befalls_is_one_worker_and_no_listing) {
  Story story(Isolation::none);
  EXPECT_EQ(story.tell(simple(Event::Kind::begun)), "run all");
  EXPECT_EQ(story.tell(announced(2)), "");
  EXPECT_EQ(story.pass("A.a"), "A.a passed in 1");
  EXPECT_EQ(story.pass("A.b", CaseEnd::skipped), "A.b skipped in 1");
  EXPECT_EQ(story.tell(simple(Event::Kind::finished)), "");
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::passed);
  EXPECT_EQ(story.batch.conclude().main.code, 0);
  EXPECT_EQ(story.batch.summary(), "2 cases: 1 passed, 1 skipped");
}

TEST(BatchTest, after_a_death_a_fresh_worker_goes_on_with_the_rest) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(4));
  story.pass("A.a");
  story.tell(began("A.b"));
  EXPECT_EQ(story.tell(gone(signalled(11))), "A.b crashed in 1; list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b", "A.c", "A.d"})), "run A.c A.d");
  story.tell(announced(2));
  story.tell(began("A.c"));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.c premature_exit in 2; run A.d");
  story.tell(announced(1));
  EXPECT_EQ(story.pass("A.d", CaseEnd::failed), "A.d failed in 3");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(1))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::crashed);
  EXPECT_EQ(story.batch.conclude().main.kind, ProcessEnd::Kind::signalled);
  EXPECT_EQ(story.batch.conclude().main.code, 11);
  EXPECT_EQ(story.batch.summary(),
            "4 cases: 1 passed, 1 failed, 1 crashed (A.b), 1 premature exit (A.c)");
}

TEST(BatchTest, what_is_left_is_all_if_it_is_not_known_which_cases_there_are) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(3));
  story.pass("A.a");
  story.tell(began("A.b"));
  EXPECT_EQ(story.tell(gone(signalled(15), EndedBy::interruption)), "A.b interrupted in 1; list");
  EXPECT_TRUE(story.batch.cases_left().empty());
  EXPECT_EQ(story.tell(listed({"A.a", "A.b", "A.c"})), "A.c not_run in 0; end");
  EXPECT_EQ(story.batch.cases_left(), (std::vector<std::string>{"A.b", "A.c"}));
}

TEST(BatchTest, what_is_left_is_all_if_something_failed_that_belongs_to_no_case) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("A.a");
  story.pass("A.b", CaseEnd::failed);
  EXPECT_EQ(story.batch.cases_left(), (std::vector<std::string>{"A.b"}));
  story.tell(simple(Event::Kind::finished));
  story.tell(gone(signalled(11)));
  EXPECT_TRUE(story.batch.cases_left().empty());
}

TEST(BatchTest, a_worker_that_was_told_to_leave_has_done_no_wrong) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("A.a");
  story.tell(simple(Event::Kind::leaves));
  EXPECT_EQ(story.tell(gone(exited(0))), "list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.b");
  story.tell(announced(1));
  story.pass("A.b");
  story.tell(simple(Event::Kind::leaves));
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::passed);
}

TEST(BatchTest, a_worker_that_was_told_to_leave_may_still_die) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(1));
  story.pass("A.a");
  story.tell(simple(Event::Kind::leaves));
  EXPECT_EQ(story.tell(gone(signalled(11))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::crashed);
}

TEST(BatchTest, a_worker_that_we_lost_is_our_failure_and_not_the_cases) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("A.a");
  EXPECT_EQ(story.tell(gone(exited(0), EndedBy::own_failure)), "list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "A.b not_run in 0; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::internal_error);
  EXPECT_EQ(story.batch.cases_left(), std::vector<std::string>{"A.b"});
}

TEST(BatchTest, a_worker_that_cannot_begin_ends_the_batch) {
  for (const auto& [by, outcome] : {std::pair(EndedBy::itself, Outcome::service_unavailable),
                                    std::pair(EndedBy::interruption, Outcome::interrupted)}) {
    Story story(Isolation::process);
    story.tell(simple(Event::Kind::begun));
    story.tell(listed({"A.a", "A.b"}));
    Event refused = gone(exited(0), by);
    refused.kind = Event::Kind::not_begun;
    refused.why = "no db";
    EXPECT_EQ(story.tell(refused), "A.a not_run in 0; A.b not_run in 0; end");
    EXPECT_EQ(story.batch.conclude().outcome, outcome);
    EXPECT_EQ(story.batch.summary(), "2 cases: 2 not run (no db)");
  }
}

TEST(BatchTest, a_death_in_the_last_case_needs_no_listing) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(1));
  story.tell(began("A.a"));
  EXPECT_EQ(story.tell(gone(exited(1), EndedBy::itself, true)), "A.a deliberate_exit in 1; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::deliberate_exit);
  EXPECT_EQ(story.batch.conclude().main.code, 1);
}

TEST(BatchTest, there_is_no_cap) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(1000));
  std::vector<std::string> all;
  for (int i = 0; i < 1000; ++i) all.push_back("A.c" + std::to_string(i));
  for (int i = 0; i < 1000; ++i) {
    story.tell(began(all[static_cast<std::size_t>(i)].c_str()));
    story.tell(gone(signalled(11)));
    if (i == 0) story.tell(listed(all));
  }
  EXPECT_EQ(story.batch.results().size(), 1000U);
  EXPECT_EQ(story.batch.results().back().worker, 1000U);
  EXPECT_EQ(story.batch.summary(), "1000 cases: 1000 crashed (A.c0, A.c1, A.c2 and 997 more)");
}

TEST(BatchTest, a_worker_that_begins_no_case_ends_the_batch) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(3));
  story.pass("A.a");
  EXPECT_EQ(story.tell(gone(signalled(6))), "list");
  EXPECT_EQ(story.tell(listed({"A.a", "B.b", "B.c"})), "run B.b B.c");
  EXPECT_EQ(story.tell(gone(signalled(6))), "B.b not_run in 0; B.c not_run in 0; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::crashed);
  EXPECT_EQ(story.batch.summary(),
            "3 cases: 1 passed, 2 not run (a worker died of signal 6 before any of them began); "
            "worker 1 died of signal 6 between two cases");
}

TEST(BatchTest, a_program_that_does_not_know_the_rest_ends_the_batch) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.tell(began("A.a"));
  story.tell(gone(exited(3)));
  story.tell(listed({"A.a", "A.b"}));
  story.tell(announced(0));
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.b not_run in 0; end");
  EXPECT_NE(story.batch.conclude().outcome, Outcome::passed);
}

TEST(BatchTest, a_code_after_all_have_passed_is_red) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(1));
  story.pass("A.a");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(23))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
  EXPECT_EQ(story.batch.conclude().main.code, 23);
  EXPECT_EQ(story.batch.summary(),
            "1 case: 1 passed; worker 1 exited with code 23 after its last case");
}

TEST(BatchTest, retiring_after_a_failed_case_counts_it_once) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  EXPECT_EQ(story.pass("A.a", CaseEnd::failed), "A.a failed in 1");
  EXPECT_EQ(story.tell(gone(exited(1), EndedBy::itself, true)), "list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.b");
  story.tell(announced(1));
  story.pass("A.b");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
  EXPECT_EQ(story.batch.summary(), "2 cases: 1 passed, 1 failed");
}

TEST(BatchTest, retiring_after_a_good_case_is_red) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("A.a");
  EXPECT_EQ(story.tell(gone(exited(1), EndedBy::itself, true)), "list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.b");
  story.tell(announced(1));
  story.pass("A.b");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::deliberate_exit);
  EXPECT_EQ(story.batch.conclude().main.code, 1);
}

TEST(BatchTest, what_a_case_prints_of_others_is_its_output) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(3));
  story.tell(began("A.a"));
  EXPECT_EQ(story.tell(began("A.b")), "");
  EXPECT_EQ(story.tell(ended("A.b", CaseEnd::failed)), "");
  EXPECT_EQ(story.tell(ended("A.a", CaseEnd::passed)), "A.a passed in 1");
  story.tell(began("A.b"));
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.b premature_exit in 1; list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b", "A.c"})), "run A.c");
  EXPECT_EQ(story.tell(began("Other.x")), "");
  EXPECT_EQ(story.tell(ended("Other.x", CaseEnd::failed)), "");
  EXPECT_EQ(story.pass("A.c"), "A.c passed in 2");
}

TEST(BatchTest, a_report_of_another_case_hides_no_end) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.a");
  EXPECT_EQ(story.tell({Event::Kind::reported, "A.b", CaseEnd::passed}), "");
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a premature_exit in 1; run A.b");
}

TEST(BatchTest, what_the_whole_limit_leaves_is_not_run) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(3));
  story.pass("A.a");
  story.tell(began("A.b"));
  EXPECT_EQ(story.tell(gone(signalled(15), EndedBy::whole_limit)), "A.b timed_out in 1; list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b", "A.c"})), "A.c not_run in 0; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::timed_out);
  EXPECT_EQ(story.batch.conclude().main.kind, ProcessEnd::Kind::signalled);
  EXPECT_EQ(story.batch.conclude().main.code, 15);
}

TEST(BatchTest, an_interruption_leaves_the_rest_not_run_even_if_it_cannot_be_listed) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(3));
  story.tell(began("A.a"));
  EXPECT_EQ(story.tell(gone(signalled(2), EndedBy::interruption)), "A.a interrupted in 1; list");
  EXPECT_EQ(story.tell(simple(Event::Kind::not_listed)), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::interrupted);
  EXPECT_EQ(story.batch.conclude().main.kind, ProcessEnd::Kind::signalled);
  EXPECT_EQ(story.batch.conclude().main.code, 2);
  EXPECT_EQ(story.batch.summary(), "1 case: 1 interrupted (A.a), 2 not run (interrupted)");
}

TEST(BatchTest, a_program_that_cannot_list_its_cases_runs_as_it_is) {
  Story story(Isolation::process);
  EXPECT_EQ(story.tell(simple(Event::Kind::begun)), "list");
  Event event = simple(Event::Kind::not_listed);
  event.end.main = exited(1);
  EXPECT_EQ(story.tell(event), "say; run all");
}

TEST(BatchTest, a_retry_of_some_cases_that_cannot_be_listed_runs_nothing_else) {
  Story story(Isolation::process);
  Event begun = simple(Event::Kind::begun);
  begun.cases = {"A.a:b"};
  EXPECT_EQ(story.tell(begun), "list");
  Event event = simple(Event::Kind::not_listed);
  event.end.main = exited(1);
  EXPECT_EQ(story.tell(event), "end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
}

TEST(BatchTest, a_retry_of_some_cases_with_a_list_that_may_hide_cases_is_red) {
  Story story(Isolation::process);
  Event begun = simple(Event::Kind::begun);
  begun.cases = {"A.a:b"};
  EXPECT_EQ(story.tell(begun), "list");
  Event some = listed({"A.a:b"});
  some.why = "\"  a b\" names no case";
  EXPECT_EQ(story.tell(some), "run A.a:b");
  story.tell(announced(1));
  story.pass("A.a:b");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a:b passed in 1; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
  EXPECT_EQ(story.batch.conclude().note,
            "its list of cases is unreadable: \"  a b\" names no case");
}

TEST(BatchTest, a_case_that_takes_too_long_does_not_end_the_batch) {
  Story story(Isolation::process);
  EXPECT_EQ(story.tell(simple(Event::Kind::begun)), "list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.a");
  story.tell(announced(1));
  story.tell(began("A.a"));
  EXPECT_EQ(story.tell(gone(signalled(15), EndedBy::case_limit)), "A.a timed_out in 1; run A.b");
  story.tell(announced(1));
  EXPECT_EQ(story.pass("A.b"), "");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.b passed in 2; end");
}

TEST(BatchTest, in_a_process_of_its_own_no_other_case_begins) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.a");
  story.tell(announced(1));
  story.pass("A.a");
  EXPECT_EQ(story.tell(began("A.b")), "");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a passed in 1; run A.b");
}

TEST(BatchTest, a_process_of_its_own_is_judged_by_its_end_too) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a", "A.b", "A.c"}));
  story.tell(announced(1));
  story.pass("A.a");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(signalled(6))), "A.a crashed in 1; run A.b");
  EXPECT_EQ(story.tell(gone(signalled(11))), "A.b crashed in 2; run A.c");
  EXPECT_EQ(story.tell(gone(exited(0))), "A.c premature_exit in 3; end");
}

TEST(BatchTest, a_listed_case_that_does_not_run_is_red) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a"}));
  story.tell(announced(0));
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a not_run in 0; end");
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::failed);
  // WILL_FAIL is not to turn it.
  EXPECT_EQ(story.batch.conclude().main.code, 0);
  EXPECT_EQ(story.batch.summary(),
            "1 case: 1 not run (it is listed, and the program did not run it)");
}

TEST(BatchTest, with_a_list_that_may_hide_cases_the_program_runs_as_it_is) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  Event some = listed({"A.a"});
  some.why = "\"  a b\" names no case";
  EXPECT_EQ(story.tell(some), "say; run all");
  story.tell(announced(2));
  story.pass("A.a");
  story.pass("A.a b");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.summary(), "2 cases: 2 passed");
}

TEST(BatchTest, a_program_that_returns_before_its_cases_is_one_test) {
  for (const Isolation isolation : {Isolation::none, Isolation::fork}) {
    Story story(isolation);
    story.tell(simple(Event::Kind::begun));
    EXPECT_EQ(story.tell(gone(exited(77))), "end");
    EXPECT_TRUE(story.batch.conclude().is_of_no_case);
    EXPECT_EQ(story.batch.conclude().main.code, 77);
    EXPECT_EQ(story.batch.summary(), "it told of no case: the program exited with code 77");
  }
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.a");
  EXPECT_EQ(story.tell(gone(exited(0))), "say; run all");
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_TRUE(story.batch.conclude().is_of_no_case);
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::passed);
}

// A server that came to its first case and could not say which there are.
TEST(BatchTest, a_server_that_ends_without_its_list_is_red) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(simple(Event::Kind::reached));
  story.tell(gone(exited(0)));
  EXPECT_FALSE(story.batch.conclude().is_of_no_case);
  EXPECT_EQ(story.batch.conclude().outcome, Outcome::premature_exit);
}

inline Event reported(const char* name, CaseEnd said) {
  return {Event::Kind::reported, name, said};
}

// What a forked copy of the program has printed is not the program's.
TEST(BatchTest, the_programs_report_is_believed_more_than_its_output) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(2));
  story.pass("A.a");
  EXPECT_EQ(story.pass("A.b", CaseEnd::failed), "A.b failed in 1");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(reported("A.a", CaseEnd::passed)), "");
  EXPECT_EQ(story.tell(reported("A.b", CaseEnd::passed)), "A.b passed in 1");
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.summary(), "2 cases: 2 passed");
}

TEST(BatchTest, the_report_of_a_later_worker_says_nothing_of_what_an_earlier_one_ran) {
  Story story(Isolation::none);
  story.tell(simple(Event::Kind::begun));
  story.tell(announced(3));
  EXPECT_EQ(story.pass("A.a", CaseEnd::failed), "A.a failed in 1");
  story.tell(began("A.b"));
  EXPECT_EQ(story.tell(gone(signalled(11))), "A.b crashed in 1; list");
  EXPECT_EQ(story.tell(listed({"A.a", "A.b", "A.c"})), "run A.c");
  story.tell(announced(1));
  story.pass("A.c");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(reported("A.a", CaseEnd::passed)), "");
  EXPECT_EQ(story.tell(reported("A.b", CaseEnd::passed)), "");
  EXPECT_EQ(story.tell(gone(exited(0))), "end");
  EXPECT_EQ(story.batch.summary(), "3 cases: 1 passed, 1 failed, 1 crashed (A.b)");
}

TEST(BatchTest, cases_that_nobody_has_printed_are_those_of_the_report) {
  Story all(Isolation::none);
  all.tell(simple(Event::Kind::begun));
  EXPECT_EQ(all.tell(reported("A.a", CaseEnd::passed)), "A.a passed in 1");
  EXPECT_EQ(all.tell(reported("A.b", CaseEnd::failed)), "A.b failed in 1");
  EXPECT_EQ(all.tell(gone(exited(1))), "end");
  EXPECT_EQ(all.batch.conclude().outcome, Outcome::failed);

  Story one(Isolation::process);
  one.tell(simple(Event::Kind::begun));
  one.tell(listed({"A.a"}));
  one.tell(reported("A.a", CaseEnd::passed));
  EXPECT_EQ(one.tell(gone(exited(0))), "A.a passed in 1; end");

  // It closed its output.
  Story closed(Isolation::none);
  closed.tell(simple(Event::Kind::begun));
  closed.tell(announced(2));
  closed.tell(began("A.a"));
  EXPECT_EQ(closed.tell(reported("A.a", CaseEnd::passed)), "A.a passed in 1");
  EXPECT_EQ(closed.tell(reported("A.b", CaseEnd::passed)), "A.b passed in 1");
  EXPECT_EQ(closed.tell(gone(exited(0))), "end");
}

TEST(BatchTest, cases_that_a_global_environment_skips_are_skipped) {
  Story all(Isolation::none);
  all.tell(simple(Event::Kind::begun));
  all.tell(announced(2));
  all.tell(simple(Event::Kind::all_skipped));
  EXPECT_EQ(all.tell(gone(exited(0))), "list");
  EXPECT_EQ(all.tell(listed({"A.a", "A.b"})), "A.a skipped in 1; A.b skipped in 1; end");
  EXPECT_EQ(all.batch.conclude().main.code, 0);

  Story unlisted(Isolation::none);
  unlisted.tell(simple(Event::Kind::begun));
  unlisted.tell(announced(2));
  unlisted.tell(simple(Event::Kind::all_skipped));
  EXPECT_EQ(unlisted.tell(gone(exited(0))), "list");
  Event not_listed = simple(Event::Kind::not_listed);
  not_listed.end.main = exited(1);
  EXPECT_EQ(unlisted.tell(not_listed), "end");
  EXPECT_EQ(unlisted.batch.conclude().main.code, 0);

  Story known(Isolation::none);
  Event some = simple(Event::Kind::begun);
  some.cases = {"A.a", "A.b"};
  EXPECT_EQ(known.tell(some), "run A.a A.b");
  known.tell(announced(2));
  known.tell(simple(Event::Kind::all_skipped));
  EXPECT_EQ(known.tell(gone(exited(0))), "A.a skipped in 1; A.b skipped in 1; end");

  Story red(Isolation::none);
  red.tell(simple(Event::Kind::begun));
  red.tell(announced(2));
  red.tell(simple(Event::Kind::all_skipped));
  EXPECT_EQ(red.tell(gone(exited(1))), "end");
  EXPECT_EQ(red.batch.conclude().outcome, Outcome::failed);

  Story one(Isolation::process);
  one.tell(simple(Event::Kind::begun));
  one.tell(listed({"A.a"}));
  one.tell(announced(1));
  one.tell(simple(Event::Kind::all_skipped));
  Event left = gone(exited(0));
  left.end.left = "left a process behind";
  left.end.leak_fails = true;
  EXPECT_EQ(one.tell(left), "A.a failed in 1; end");
}

// That nothing began is no skip: a shard without a case, a --gtest_repeat=0.
TEST(BatchTest, a_case_that_did_not_begin_is_not_skipped_by_that) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  story.tell(listed({"A.a"}));
  story.tell(announced(1));
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a premature_exit in 1; end");
}

TEST(BatchTest, a_later_server_that_returns_early_hides_no_result) {
  Story story(Isolation::fork);
  story.tell(simple(Event::Kind::begun));
  story.tell(simple(Event::Kind::reached));
  story.tell(listed({"A.a", "A.b"}));
  Event child = simple(Event::Kind::child_began);
  child.name = "A.a";
  story.tell(child);
  child.kind = Event::Kind::child_ended;
  child.child_said = CaseEnd::failed;
  child.child_finished = true;
  child.end.main = exited(1);
  story.tell(child);
  story.tell(gone(signalled(9)));
  story.tell(gone(exited(0)));
  EXPECT_FALSE(story.batch.conclude().is_of_no_case);
  EXPECT_NE(story.batch.conclude().outcome, Outcome::passed);
}

TEST(BatchTest, an_interrupted_case_is_not_called_one_whose_anchor_was_killed) {
  for (const EndedBy by : {EndedBy::interruption, EndedBy::own_failure}) {
    Story story(Isolation::fork);
    story.tell(simple(Event::Kind::begun));
    story.tell(simple(Event::Kind::reached));
    story.tell(listed({"A.a"}));
    Event child = simple(Event::Kind::child_began);
    child.name = "A.a";
    story.tell(child);
    child.kind = Event::Kind::child_ended;
    child.why = "its supervisor was killed";
    child.end.by = by;
    story.tell(child);
    EXPECT_EQ(story.batch.results().front().note.empty(), by == EndedBy::interruption);
  }
}

TEST(BatchTest, a_case_that_told_nothing_has_its_result_when_nothing_more_runs) {
  Story story(Isolation::process);
  story.tell(simple(Event::Kind::begun));
  EXPECT_EQ(story.tell(listed({"A.a", "A.b"})), "run A.a");
  story.tell(announced(1));
  story.pass("A.a");
  story.tell(simple(Event::Kind::finished));
  EXPECT_EQ(story.tell(gone(exited(0))), "A.a passed in 1; run A.b");
  EXPECT_EQ(story.tell(gone(exited(3))), "A.b failed in 2; end");
}

}  // namespace
}  // namespace holdfast
