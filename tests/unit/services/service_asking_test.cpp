// What a launcher hears of services and networks. The test is the keeper.
#include "services/service_asking.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "os/process/packet_socket.hpp"
#include "settings/wire.hpp"

namespace holdfast::supervision {
namespace {

// Ends the waits after so many, so that none lasts for ever.
class Bound final : public Need {
 public:
  explicit Bound(unsigned most) : most_(most) {}
  std::optional<AttemptResult> acquire(TestAtHand& /*test*/) override { return std::nullopt; }
  void join(os::Wait& wait) override {
    if (++waits_ > most_) wait.until(Milliseconds{0});
  }
  bool is_lost_now() override { return waits_ > most_; }
  unsigned waits() const { return waits_; }

 private:
  unsigned most_;
  unsigned waits_ = 0;
};

class ServiceAsking : public testing::Test {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    link_ = KeeperLink(std::move(ends->first));
    keeper_ = std::move(ends->second);
    around_.watched = watched_;
  }

  void say(std::string_view kind, wire::Message::Fields fields = {}) const {
    ASSERT_TRUE(os::send_message(keeper_.get(), wire::Message(kind, std::move(fields))));
  }
  AcquiredServices asked() {
    Teller teller(nullptr, Loudness::quiet);
    return ask_for_services({{"db", ServiceMode::shared}}, test_, link_, around_, teller);
  }

  Surroundings around_{{}, std::move(*os::SignalQueue::open()), {}};
  KeeperLink link_;
  os::UniqueFd keeper_;
  Bound bound_{1};
  Need* const watched_[1] = {&bound_};
  const std::string test_ = "t";
};

TEST_F(ServiceAsking, TheEndOfTheRunEndsTheWaitForServices) {
  say(wire::EndAnswer::k_kind);
  const AcquiredServices had = asked();
  EXPECT_EQ(had.end, AcquiredServices::End::unavailable);
  EXPECT_EQ(had.why, "service db unavailable: the run is over");
}

TEST_F(ServiceAsking, ServicesComeWithWhatTheTestIsTold) {
  const wire::ServicesAnswer answer{.uses = {{"db", 3}},
                                    .variables = {{"HOLDFAST_SERVICE_DB_PORT", "a=1"}}};
  say(wire::ServicesAnswer::k_kind, to_message(answer).fields);
  const AcquiredServices had = asked();
  EXPECT_EQ(had.end, AcquiredServices::End::acquired);
  EXPECT_EQ(had.uses, (std::vector<AcquiredService>{{"db", 3}}));
  ASSERT_EQ(had.variables.size(), 1U);
  EXPECT_EQ(had.variables[0].name, "HOLDFAST_SERVICE_DB_PORT");
  EXPECT_EQ(had.variables[0].value, "a=1");
}

TEST_F(ServiceAsking, WhatIsNoAnswerIsPassedOverAndWhatIsNotUnderstoodIsNone) {
  say(wire::Again::k_kind);
  say(wire::ServicesAnswer::k_kind, {{"use", "db#3"}, {"variable", "no value"}});
  Bound two(2);
  Need* const watched[] = {&two};
  around_.watched = watched;
  const AcquiredServices had = asked();
  EXPECT_EQ(had.end, AcquiredServices::End::unavailable);
  EXPECT_NE(had.why, "");
  EXPECT_TRUE(had.variables.empty());
}

class NetworkAsking : public ServiceAsking {
 protected:
  // Why the attempt does not begin; none: it goes on.
  std::optional<AttemptResult> acquired(unsigned waits) {
    Bound bound(waits);
    Need* const watched[] = {&bound};
    around_.watched = watched;
    Grant grant;
    grant.identity.test = "t";
    grant.policy.containment = {Boundary::netns};
    grant.policy.containment_missing = ContainmentMissing::fail;
    grant.shares_network = true;
    TestAtHand test{{}, std::move(around_), {}, grant, {}};
    test.held.keeper = std::move(link_);
    return NetworkNeed().acquire(test);
  }
};

TEST_F(NetworkAsking, IsAnsweredByItsOwnKindOnly) {
  say(wire::Again::k_kind, {{"why", "of another question"}});
  say(wire::k_network, {{"why", "no such device"}});
  const std::optional<AttemptResult> refused = acquired(2);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->note, "\"t\": not allowed here: containment = \"netns\": no such device");
}

TEST_F(NetworkAsking, EndsWithTheKeeper) {
  ASSERT_EQ(::shutdown(keeper_.get(), SHUT_WR), 0);
  const std::optional<AttemptResult> lost = acquired(1);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->note, "\"t\": the network that it shares is lost: the keeper has ended");
}

TEST_F(NetworkAsking, IsInterrupted) {
  const std::optional<AttemptResult> interrupted = acquired(0);
  ASSERT_TRUE(interrupted);
  EXPECT_EQ(interrupted->outcome, Outcome::interrupted);
  EXPECT_EQ(interrupted->observation.end_signal, SIGTERM);
}

TEST_F(ServiceAsking, ARedTestDoesNotWaitForAKeeperThatHasEnded) {
  say(wire::k_waiting);
  ASSERT_EQ(::shutdown(keeper_.get(), SHUT_WR), 0);
  Bound three(3);
  Need* const watched[] = {&three};
  around_.watched = watched;
  AttemptResult result;
  look_at_services(link_, around_, result);
  EXPECT_EQ(result.service_states, "");
  EXPECT_EQ(three.waits(), 2U);
}

// A test that is to share a network must not run in another, even if it may run without one.
TEST_F(ServiceAsking, TheNetworkOfARunThatIsOverIsLost) {
  say(wire::EndAnswer::k_kind);
  Grant grant;
  grant.identity.test = "t";
  grant.policy.containment = {Boundary::netns};
  grant.shares_network = true;
  TestAtHand test{{}, std::move(around_), {}, grant, {}};
  test.held.keeper = std::move(link_);
  const std::optional<AttemptResult> lost = NetworkNeed().acquire(test);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->note, "\"t\": the network that it shares is lost: the run is over");
}

TEST_F(ServiceAsking, WhatIsSaidOfARedTestIsHeardBehindAnEarlierAnswer) {
  say(wire::k_waiting, {{"why", "it starts"}});
  say(wire::RedServices::k_kind, {{"lost", "db"},
                                  {"state", "db   gone"},
                                  {"lost", "web"},
                                  {"state", "web  well"},
                                  {"fixture", "schema is older"},
                                  {"fixture", "rows are older"}});
  Bound three(3);
  Need* const watched[] = {&three};
  around_.watched = watched;
  AttemptResult result;
  look_at_services(link_, around_, result);
  EXPECT_EQ(result.lost_services, (std::vector<std::string>{"db", "web"}));
  EXPECT_EQ(result.service_states, "db   gone\nweb  well");
  EXPECT_EQ(result.older_fixtures, "schema is older; rows are older");
}

TEST_F(ServiceAsking, TheEndOfServicesIsTheEndOfTheConnectionAndNoMessage) {
  say(wire::k_waiting);
  end_services(link_, around_);
  EXPECT_EQ(bound_.waits(), 2U) << "it still waits behind the message";
}

}  // namespace
}  // namespace holdfast::supervision
