// The launcher's end of its connection with the keeper. The test is the keeper.
#include "supervision/base/keeper_link.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "core/settings/wire.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::supervision {
namespace {

class KeeperLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    link_ = KeeperLink::adopt(std::move(ends->first));
    keeper_ = std::move(ends->second);
    const timeval patience{0, 20'000};
    ASSERT_EQ(::setsockopt(link_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  }

  void answer(std::string_view kind, wire::Message::Fields fields) const {
    ASSERT_TRUE(os::send_message(keeper_.get(), wire::Message(kind, std::move(fields))));
  }
  // What the launcher said next.
  wire::Message heard() const {
    if (!os::is_readable(keeper_.get())) return {};
    Result<wire::Message> message = os::receive_message(keeper_.get()).message;
    return message ? std::move(*message) : wire::Message();
  }

  KeeperLink link_;
  os::UniqueFd keeper_;
};

TEST_F(KeeperLinkTest, TheAnswerToAnEarlierQuestionIsNoAnswer) {
  EXPECT_FALSE(link_.asks_memory(7));  // the keeper is stopped
  answer(wire::k_memory, {{"question", "1"}, {"sure", "1"}});
  answer(wire::k_again, {{"question", "2"}, {"why", "the budget is spent"}});
  const wire::Again again = link_.asks_again(LentScratch::used);
  EXPECT_FALSE(again.is_granted());
  EXPECT_EQ(again.reason, "the budget is spent");
}

TEST_F(KeeperLinkTest, AnotherAttemptHasItsNameAndItsDirectory) {
  answer(wire::k_again, {{"question", "1"}, {"attempt", "r.2"}, {"scratch_path", "/s/2"}});
  const wire::Again again = link_.asks_again(LentScratch::reusable);
  EXPECT_TRUE(again.is_granted());
  EXPECT_EQ(again.attempt, "r.2");
  EXPECT_EQ(again.scratch, "/s/2");
  EXPECT_EQ(heard().get("scratch"), "1");
}

// Its test would run without its locks otherwise.
TEST_F(KeeperLinkTest, WhatCannotBeAskedOrIsNotUnderstoodIsARefusal) {
  wire::AttemptRequest request;
  request.launcher = {1, 2};
  answer(wire::k_grant, {{"run", "r"}});  // without a policy
  Result<wire::AttemptGrant> grant = link_.ask(request);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->attempt, "");
  EXPECT_NE(grant->refusal, "");
  answer(wire::k_end, {});  // everybody hears that the earlier run is over
  answer(wire::k_refusal, {{"why", "of another time"}});
  grant = link_.ask(request);
  ASSERT_TRUE(grant);
  EXPECT_NE(grant->refusal.find("of another time"), std::string::npos) << grant->refusal;
  request.facts.resource_lock.assign(wire::k_longest_message, 'x');
  grant = link_.ask(request);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->refusal,
            "the properties of the test are too long to be handed on: 64 KiB, expected 64 KiB or "
            "less");
}

TEST_F(KeeperLinkTest, AKeeperThatSaysNothingRefusesNoAttempt) {
  const wire::Again again = link_.asks_again(LentScratch::used);
  EXPECT_TRUE(again.is_granted());
  EXPECT_EQ(again.attempt, "");
  EXPECT_EQ(heard().get("scratch"), "");
}

TEST_F(KeeperLinkTest, AnAnswerThatIsNotUnderstoodIsNone) {
  answer(wire::k_memory, {{"question", "1"}, {"main", "x"}, {"sure", "1"}});
  EXPECT_FALSE(link_.asks_memory(7));
  answer(wire::k_memory, {{"question", "2"}, {"sure", "1"}});
  EXPECT_TRUE(link_.asks_memory(7));
}

TEST(KeeperLink, ThatLeadsNowhereTakesNothingAndWaitsForNothing) {
  KeeperLink none;
  EXPECT_FALSE(none.say("a line", Repeat::each_time, Layout::one_line));
  EXPECT_FALSE(none.tell(wire::k_services));
  none.tell_wait({});
  none.entrust(STDIN_FILENO);
  EXPECT_FALSE(none.asks_memory(7));
  EXPECT_EQ(none.asks_again(LentScratch::used).attempt, "");
}

}  // namespace
}  // namespace holdfast::supervision
