// The launcher's end of its connection with the keeper. The test is the keeper.
#include "attempt/keeper_link.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>

#include "attempt/messages.hpp"
#include "base/names.hpp"
#include "base/process_name.hpp"
#include "os/child_process.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "settings/wire.hpp"

namespace holdfast::supervision {
namespace {

class KeeperLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    link_ = KeeperLink(std::move(ends->first));
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
  answer(wire::MemoryQuestion::k_kind, {{"question", "1"}, {"sure", "1"}});
  answer(wire::Again::k_kind, {{"question", "2"}, {"why", "the budget is spent"}});
  const wire::Again again = link_.asks_again(LentScratch::used);
  EXPECT_FALSE(wire::is_granted(again));
  EXPECT_EQ(again.reason, "the budget is spent");
}

TEST_F(KeeperLinkTest, AnotherAttemptHasItsNameAndItsDirectory) {
  answer(wire::Again::k_kind, {{"question", "1"}, {"attempt", "r.2"}, {"scratch_path", "/s/2"}});
  const wire::Again again = link_.asks_again(LentScratch::reusable);
  EXPECT_TRUE(wire::is_granted(again));
  EXPECT_EQ(again.attempt, "r.2");
  EXPECT_EQ(again.scratch, "/s/2");
  EXPECT_EQ(heard().get("scratch"), "1");
}

TEST_F(KeeperLinkTest, AQuestionOfMemoryNamesTheProcess) {
  answer(wire::MemoryQuestion::k_kind, {{"question", "1"}, {"sure", "1"}});
  EXPECT_TRUE(link_.asks_memory(7));
  const wire::Message asked = heard();
  EXPECT_EQ(asked.kind, wire::MemoryQuestion::k_kind);
  EXPECT_EQ(asked.get("main"), "7");
  answer(wire::MemoryQuestion::k_kind, {{"question", "2"}});
  EXPECT_FALSE(link_.asks_memory(7)) << "the keeper is not sure";
}

TEST_F(KeeperLinkTest, AFarewellSaysWhatTheKeeperHasToKnow) {
  const auto said = [&] { return wire::read<wire::Farewell>(heard()); };
  bid_farewell(link_.fd(), LentScratch::reusable, wire::CameOut::skipped);
  Result<wire::Farewell> farewell = said();
  ASSERT_TRUE(farewell);
  EXPECT_TRUE(farewell->is_scratch_empty);
  EXPECT_EQ(farewell->came_out, wire::CameOut::skipped);
  bid_farewell(link_.fd(), LentScratch::used);
  farewell = said();
  ASSERT_TRUE(farewell);
  EXPECT_FALSE(farewell->is_scratch_empty);
  EXPECT_EQ(farewell->came_out, wire::CameOut::not_said);
}

TEST_F(KeeperLinkTest, ALineSaysHowOftenAndInWhichFormItIsPrinted) {
  Teller teller(&link_, Loudness::normal);
  const struct {
    std::function<void()> say;
    Repeat repeat;
    Layout layout;
  } rows[] = {
      {[&] { teller.tell("a"); }, Repeat::each_time, Layout::one_line},
      {[&] { teller.tell("a", Layout::folded); }, Repeat::each_time, Layout::folded},
      {[&] { teller.complain("a", Layout::folded); }, Repeat::each_time, Layout::folded},
      {[&] { teller.complain_once("a"); }, Repeat::once_per_run, Layout::one_line},
      {[&] { teller.complain_of_interruption("a"); }, Repeat::unless_ctest_ends, Layout::one_line},
  };
  for (const auto& row : rows) {
    row.say();
    const Result<wire::Line> line = wire::read<wire::Line>(heard());
    ASSERT_TRUE(line) << (&row - rows);
    EXPECT_EQ(line->text, "a");
    EXPECT_EQ(line->repeat, row.repeat) << (&row - rows);
    EXPECT_EQ(line->layout, row.layout) << (&row - rows);
  }
  Teller(&link_, Loudness::quiet).tell("worth knowing");
  EXPECT_EQ(heard().kind, "");
  Teller(&link_, Loudness::quiet).complain_once("wrong");
  EXPECT_EQ(heard().get("line"), "wrong");
}

// When launcher and guard are both killed, the keeper still has it.
TEST_F(KeeperLinkTest, ALockIsHandedOverAsADescriptor) {
  Result<os::Pipe> pipe = os::make_pipe();
  ASSERT_TRUE(pipe);
  link_.entrust(pipe->write.get());
  const os::ReceivedMessage got = os::receive_message(keeper_.get());
  ASSERT_TRUE(got.message);
  EXPECT_EQ(got.message->kind, wire::k_hold);
  ASSERT_TRUE(got.descriptor.valid());
  pipe->write.reset();
  EXPECT_FALSE(os::is_hung_up(pipe->read.get()));
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
  answer(wire::EndAnswer::k_kind, {});  // everybody hears that the earlier run is over
  answer(wire::k_refusal, {{"why", "of another time"}});
  grant = link_.ask(request);
  ASSERT_TRUE(grant);
  EXPECT_NE(grant->refusal.find("of another time"), std::string::npos) << grant->refusal;
  request.properties.resource_lock.assign(wire::k_longest_message, 'x');
  grant = link_.ask(request);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->refusal,
            "the properties of the test are too long to be handed on: 64 KiB, expected 64 KiB or "
            "less");
}

TEST_F(KeeperLinkTest, AKeeperThatSaysNothingRefusesNoAttempt) {
  const wire::Again again = link_.asks_again(LentScratch::used);
  EXPECT_TRUE(wire::is_granted(again));
  EXPECT_EQ(again.attempt, "");
  EXPECT_EQ(heard().get("scratch"), "");
}

TEST_F(KeeperLinkTest, AnAnswerThatIsNotUnderstoodIsNone) {
  answer(wire::MemoryQuestion::k_kind, {{"question", "1"}, {"main", "x"}, {"sure", "1"}});
  EXPECT_FALSE(link_.asks_memory(7));
  answer(wire::MemoryQuestion::k_kind, {{"question", "2"}, {"sure", "1"}});
  EXPECT_TRUE(link_.asks_memory(7));
}

// Its directory is this user's, so this is the second lock on the door.
TEST(KeeperLink, OfAnotherUserIsNotUsed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const Result<os::UniqueFd> user = os::open_user_directory();
  ASSERT_TRUE(user);
  ASSERT_TRUE(os::open_below(*user, std::string(names::k_user_keepers_directory), 0700));
  Attach attach;
  attach.ctest = {::getpid(), 424242};
  attach.pid_namespace = 7;
  const std::string path =
      keeper_socket_path(os::user_directory_path(), attach.ctest, attach.pid_namespace);
  const os::Channel told;
  os::Child keeper([&] {
    const os::UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::setuid(54321) != 0 || ::listen(socket.get(), 1) != 0) {
      return 1;
    }
    told.say("listens");
    while (true) ::pause();
  });
  EXPECT_TRUE(os::readable(told.read_fd()));
  const KeeperLink link = KeeperLink::find(attach, {});
  (void)::unlink(path.c_str());
  EXPECT_FALSE(link.connected());
  EXPECT_NE(link.trouble().find("another user"), std::string::npos) << link.trouble();
}

TEST(KeeperLink, ThatLeadsNowhereTakesNothingAndWaitsForNothing) {
  KeeperLink none;
  EXPECT_FALSE(none.say("a line", Repeat::each_time, Layout::one_line));
  EXPECT_FALSE(none.tell(wire::ServicesAnswer::k_kind));
  none.tell_wait({});
  none.entrust(STDIN_FILENO);
  EXPECT_FALSE(none.asks_memory(7));
  EXPECT_EQ(none.asks_again(LentScratch::used).attempt, "");
}

}  // namespace
}  // namespace holdfast::supervision
