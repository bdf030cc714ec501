// What is heard of a case that a server has forked. The test is its anchor.
#include "batches/fork_server.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <holdfast/worker_protocol.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {
namespace {

class ForkedCaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    auto ordered = ForkedCase::order(server_, std::move(ends->first), 1, "A.a", true);
    ASSERT_TRUE(ordered);
    case_ = std::move(*ordered);
    anchor_ = std::move(ends->second);
  }

  void say(const std::string& packet) {
    ASSERT_TRUE(os::send_packet(anchor_.get(), packet));
    case_->look(nullptr);
  }
  // What the anchor is told next; empty: nothing.
  std::string told() const {
    if (!os::is_readable(anchor_.get())) return {};
    const Result<std::string> packet = os::receive_packet(anchor_.get());
    return packet ? *packet : std::string();
  }
  void hang_up() {
    anchor_.reset();
    case_->look(nullptr);
  }

  WorkerLink server_;
  os::UniqueFd anchor_;
  std::unique_ptr<ForkedCase> case_;
};

TEST_F(ForkedCaseTest, one_that_could_not_be_forked_is_over_and_not_lost) {
  say(worker_message({HOLDFAST_WORKER_CHILD_FAILED, "no more processes"}));
  EXPECT_TRUE(case_->is_over());
  EXPECT_FALSE(case_->is_lost()) << "other cases may begin";
  EXPECT_TRUE(case_->has_own_end());
  EXPECT_EQ(case_->trouble(), "no more processes");
  EXPECT_EQ(case_->end(EndedBy::itself).by, EndedBy::own_failure);
}

TEST_F(ForkedCaseTest, one_whose_anchor_was_killed_is_lost_and_says_why) {
  say(worker_message({HOLDFAST_WORKER_CHILD, "7", "8", "9"}));
  EXPECT_FALSE(case_->is_over());
  hang_up();
  EXPECT_TRUE(case_->is_lost());
  EXPECT_FALSE(case_->has_own_end());
  EXPECT_EQ(case_->trouble(), "its supervisor was killed");
}

TEST_F(ForkedCaseTest, one_whose_end_was_told_is_not_lost_with_its_anchor) {
  say(worker_message({HOLDFAST_WORKER_ENDED, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"}));
  EXPECT_FALSE(case_->is_over()) << "what it left is being ended";
  hang_up();
  EXPECT_TRUE(case_->is_over());
  EXPECT_FALSE(case_->is_lost());
  EXPECT_EQ(case_->trouble(), "");
  EXPECT_EQ(case_->said(), CaseEnd::passed);
  EXPECT_TRUE(case_->has_finished());
}

TEST_F(ForkedCaseTest, more_than_can_be_listed_are_counted) {
  std::string packet = worker_message({HOLDFAST_WORKER_LEFT, "20"});
  for (int i = 1; i <= 16; ++i) {
    packet += worker_message({std::to_string(i), "p" + std::to_string(i)});
  }
  say(packet);
  EXPECT_EQ(case_->left().leftovers, 20U);
  EXPECT_EQ(case_->left().leftover_list[0].pid, 1);
  EXPECT_STREQ(case_->left().leftover_list[15].name.data(), "p16");
  EXPECT_FALSE(case_->is_over());
  say(worker_message({HOLDFAST_WORKER_GONE, "0"}));
  EXPECT_TRUE(case_->is_over());
}

// Any process of the case may have its socket.
TEST_F(ForkedCaseTest, what_is_no_message_changes_nothing) {
  for (const std::string& packet :
       {std::string("no message"), worker_message({"of another version", "1"}),
        worker_message({HOLDFAST_WORKER_ENDED}), worker_message({HOLDFAST_WORKER_LEFT}),
        worker_message({HOLDFAST_WORKER_LEFT, "-3"}), worker_message({HOLDFAST_WORKER_CHILD})}) {
    say(packet);
    EXPECT_FALSE(case_->is_over()) << packet;
  }
  EXPECT_EQ(case_->child(), 0);
  EXPECT_EQ(case_->left().leftovers, 0U);
  hang_up();
  EXPECT_TRUE(case_->is_lost());
}

TEST_F(ForkedCaseTest, one_that_died_of_the_signals_that_end_trees_has_not_ended_by_itself) {
  EXPECT_FALSE(case_->ended_by_itself()) << "its end is not known";
  const struct {
    int status;
    bool by_itself;
  } rows[] = {{3 << 8, true}, {SIGSEGV, true}, {SIGTERM, false}, {SIGKILL, false}};
  for (const auto& row : rows) {
    say(worker_message({HOLDFAST_WORKER_ENDED, std::to_string(row.status)}));
    EXPECT_EQ(case_->ended_by_itself(), row.by_itself) << row.status;
  }
}

TEST_F(ForkedCaseTest, one_whose_time_is_over_is_ended_once) {
  constexpr Milliseconds k_limit{1};
  const Milliseconds ordered = os::monotonic_now();
  (void)told();  // which case it is to fork
  EXPECT_EQ(case_->deadline(Milliseconds{0}), k_longest);
  EXPECT_FALSE(case_->is_overdue(Milliseconds{3'600'000}));
  while (os::monotonic_now() < ordered + 2 * k_limit) {
  }
  EXPECT_TRUE(case_->is_overdue(k_limit));
  EXPECT_FALSE(case_->is_stuck());
  case_->time_is_over(Milliseconds{0}, 0, Milliseconds{7});
  EXPECT_EQ(told(), worker_message({HOLDFAST_WORKER_TERMINATE, std::to_string(SIGTERM), "7"}));
  EXPECT_FALSE(case_->is_overdue(k_limit)) << "a hook has run for it";
  EXPECT_GT(case_->deadline(k_limit), os::monotonic_now()) << "its tree has time to end";
  case_->time_is_over(Milliseconds{0}, 0, Milliseconds{7});
  EXPECT_EQ(told(), "");
  say(worker_message({HOLDFAST_WORKER_GONE, "0"}));
  EXPECT_FALSE(case_->is_lost());
  EXPECT_EQ(case_->end(EndedBy::itself).by, EndedBy::case_limit);
  EXPECT_EQ(case_->deadline(k_limit), k_longest);
}

// The anchor's process is a launcher then, which does not know what the case has said.
TEST_F(ForkedCaseTest, what_a_case_has_not_said_is_not_known) {
  say(worker_message({HOLDFAST_WORKER_ENDED, "0", "1", "2", "3", HOLDFAST_WORKER_UNSAID, "0"}));
  EXPECT_EQ(case_->said(), std::nullopt);
  EXPECT_FALSE(case_->has_finished());
  say(worker_message({HOLDFAST_WORKER_ENDED, "0", "1", "2", "3", HOLDFAST_WORKER_SKIPPED, "1"}));
  EXPECT_EQ(case_->said(), CaseEnd::skipped);
  say(worker_message({HOLDFAST_WORKER_ENDED, "256"}));
  EXPECT_EQ(case_->said(), CaseEnd::skipped) << "it was said before";
  EXPECT_TRUE(case_->end(EndedBy::itself).main.exited_with(1));
}

TEST_F(ForkedCaseTest, an_anchor_that_says_that_its_case_is_over_may_have_another) {
  EXPECT_FALSE(case_->take_anchor().valid());
  say(worker_message({HOLDFAST_WORKER_OVER, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"}));
  EXPECT_TRUE(case_->is_over());
  EXPECT_TRUE(case_->has_own_end());
  EXPECT_GT(case_->over_at_us(), 0);
  EXPECT_TRUE(case_->take_anchor().valid());
  EXPECT_FALSE(case_->take_anchor().valid());
}

TEST_F(ForkedCaseTest, an_anchor_whose_case_has_left_something_has_no_other) {
  say(worker_message({HOLDFAST_WORKER_ENDED, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"}));
  say(worker_message({HOLDFAST_WORKER_LEFT, "1", "7", "sleep"}));
  say(worker_message({HOLDFAST_WORKER_GONE, "0"}));
  EXPECT_TRUE(case_->has_own_end());
  EXPECT_FALSE(case_->take_anchor().valid());
  EXPECT_NE(case_->end(EndedBy::itself).left, "");
}

TEST_F(ForkedCaseTest, one_that_was_over_before_the_tree_was_ended_has_its_own_end) {
  say(worker_message({HOLDFAST_WORKER_ENDED, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"}));
  case_->cut_off();
  say(worker_message({HOLDFAST_WORKER_GONE, "0"}));
  EXPECT_FALSE(case_->has_own_end()) << "what it left was being ended";
  EXPECT_TRUE(case_->is_cut_off());
  EXPECT_EQ(case_->end(EndedBy::whole_limit).by, EndedBy::whole_limit);
}

TEST_F(ForkedCaseTest, one_that_is_over_cannot_be_cut_off) {
  say(worker_message({HOLDFAST_WORKER_OVER, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"}));
  case_->cut_off();
  EXPECT_TRUE(case_->has_own_end());
}

TEST_F(ForkedCaseTest, one_that_does_not_end_is_stuck_after_its_grace) {
  constexpr Milliseconds k_grace{60'000};
  case_->time_is_over(Milliseconds{0}, 0, k_grace);
  EXPECT_TRUE(case_->is_stuck());
  EXPECT_GT(case_->deadline(Milliseconds{1}), os::monotonic_now() + k_grace);
  EXPECT_LT(case_->deadline(Milliseconds{1}), os::monotonic_now() + 2 * k_grace);
}

}  // namespace
}  // namespace holdfast::exec
