// The services of a batch, before each of its workers. The test is the keeper.
#include "batches/batch_services.hpp"
#include "os/child_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "settings/wire.hpp"

namespace holdfast::exec {
namespace {

using End = supervision::AcquiredServices::End;
using News = BatchServices::News;

class BatchServicesTest : public ::testing::Test {
 protected:
  BatchServicesTest() {
    auto ends = os::packet_pair();
    EXPECT_TRUE(ends);
    keeper_ = std::move(ends->first);
    for_batch_ = std::move(ends->second);
    plan_.keeper = for_batch_.get();
    plan_.command.environment = environment_;
    plan_.policy.services = {{"db", ServiceMode::shared}};
    plan_.identity = &identity_;
    plan_.teller = &teller_;
  }

  void say(std::string_view kind, wire::Message::Fields fields) const {
    ASSERT_TRUE(os::send_message(keeper_.get(), wire::Message(kind, std::move(fields))));
  }

  static wire::Message::Fields answer(unsigned generation, std::vector<Variable> variables) {
    const wire::ServicesAnswer all{.uses = {{"db", generation}}, .variables = std::move(variables)};
    return to_message(all).fields;
  }

  os::UniqueFd keeper_;
  os::UniqueFd for_batch_;
  char* environment_[1] = {nullptr};
  supervision::AttemptIdentity identity_;
  supervision::Teller teller_{nullptr, Loudness::quiet};
  supervision::AttemptPlan plan_;
  supervision::Surroundings around_{{}, std::move(*os::SignalQueue::open()), {}};
};

TEST_F(BatchServicesTest, WhatTheNextWorkerHasWaitedForIsOnRecord) {
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);  // what the attempt has got
  os::Child child([&] {
    if (os::receive_message(keeper_.get()).is_over) return 1;
    const Milliseconds asked = os::monotonic_now();
    while (os::monotonic_now() < asked + Milliseconds{5}) {
    }
    const wire::Message said(wire::ServicesAnswer::k_kind, answer(2, {{"X", "2"}}));
    return os::send_message(keeper_.get(), said) ? 0 : 2;
  });
  EXPECT_EQ(services.have(), End::acquired);
  EXPECT_EQ(child.wait(), 0);
  supervision::AttemptResult result;
  services.add_to(result);
  EXPECT_GT(result.service_wait, Milliseconds{0});
  EXPECT_EQ(result.services, std::vector<std::string>{"db#2"});
}

TEST_F(BatchServicesTest, ASignalThatEndsTheWaitIsTheBatchs) {
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);
  services.ask();
  Result<os::Pipe> life = os::make_pipe();
  ASSERT_TRUE(life);
  around_.parent = std::move(life->read);
  life->write.reset();  // ctest dies
  EXPECT_EQ(services.have(), End::interrupted);
  EXPECT_EQ(services.signal(), SIGTERM);
  EXPECT_NE(services.trouble(), "");
}

TEST_F(BatchServicesTest, AWorkerGoesOnOnlyWithTheServicesThatItKnows) {
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);
  services.ask();
  EXPECT_EQ(services.hear(), News::none);
  say(wire::k_waiting, {{"why", "it starts"}});
  EXPECT_EQ(services.hear(), News::none);
  say(wire::ServicesAnswer::k_kind, answer(1, {}));
  EXPECT_EQ(services.hear(), News::same);
  services.ask();
  say(wire::ServicesAnswer::k_kind, answer(2, {{"X", "2"}}));
  EXPECT_EQ(services.hear(), News::other);
  ASSERT_EQ(services.have(), End::acquired);
  services.ask();
  say(wire::ServicesAnswer::k_kind, {{"why", "it ended"}});
  EXPECT_EQ(services.hear(), News::other);
  EXPECT_EQ(services.have(), End::unavailable);
  EXPECT_EQ(services.trouble(), "it ended");
}

// A worker that began with these variables need not end for them.
TEST_F(BatchServicesTest, ServicesAreTheSameIfTheirVariablesAre) {
  std::string entry = "X=1";
  char* environment[] = {entry.data(), nullptr};
  plan_.command.environment = environment;
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);
  const auto next = [&](unsigned generation, const std::vector<Variable>& variables) {
    services.ask();
    say(wire::ServicesAnswer::k_kind, answer(generation, variables));
    const News news = services.hear();
    // The next worker has them already. The same one asks again, sometime.
    if (news == News::other) {
      EXPECT_EQ(services.have(), End::acquired);
    }
    return news;
  };
  EXPECT_EQ(next(1, {{"X", "1"}}), News::same) << "the attempt began with it";
  EXPECT_EQ(next(2, {{"X", "2"}}), News::other);
  EXPECT_EQ(next(2, {{"X", "2"}}), News::same) << "and this worker with that";
  EXPECT_EQ(next(3, {{"X", "2"}, {"Y", "2"}}), News::other);
}

TEST_F(BatchServicesTest, EachGenerationIsOnRecordOnceButNotThatOfTheAttempt) {
  std::string entry = "HOLDFAST_SERVICE_DB_GENERATION=1";
  char* environment[] = {entry.data(), nullptr};
  plan_.command.environment = environment;
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);
  for (const unsigned generation : {1U, 2U, 2U, 3U}) {
    services.ask();
    say(wire::ServicesAnswer::k_kind, answer(generation, {{"X", "1"}}));
    EXPECT_NE(services.hear(), News::none);
  }
  supervision::AttemptResult result;
  services.add_to(result);
  EXPECT_EQ(result.services, (std::vector<std::string>{"db#2", "db#3"}));
}

TEST_F(BatchServicesTest, TheNextWorkerHasTheVariablesOfItsServices) {
  std::string entry = "X=1";
  char* environment[] = {entry.data(), nullptr};
  char* words[] = {nullptr};
  plan_.command.environment = environment;
  plan_.command.arguments = words;
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);
  services.ask();
  say(wire::ServicesAnswer::k_kind, answer(2, {{"X", "2"}, {"Y", "3"}}));
  ASSERT_EQ(services.have(), End::acquired);
  WorkerCommand command(plan_.command);
  services.give_to(command);
  const os::Command given = command.command();
  std::vector<std::string> all;
  for (char** one = given.environment; *one != nullptr; ++one) all.emplace_back(*one);
  EXPECT_EQ(all, (std::vector<std::string>{"X=2", "Y=3"}));
}

TEST_F(BatchServicesTest, AKeeperThatEndsBeforeItAnswersIsToldToo) {
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);
  services.ask();
  keeper_.reset();
  EXPECT_EQ(services.hear(), News::other);
  EXPECT_EQ(services.have(), End::unavailable);
  EXPECT_EQ(services.trouble(), "its services are unavailable: the keeper has ended");
}

TEST_F(BatchServicesTest, WithoutTheKeeperNoFurtherWorkerBegins) {
  BatchServices services(plan_, around_);
  ASSERT_EQ(services.have(), End::acquired);
  keeper_.reset();
  services.ask();
  EXPECT_EQ(services.have(), End::unavailable);
  EXPECT_EQ(services.trouble(), "its services are unavailable: the keeper has ended");
}

}  // namespace
}  // namespace holdfast::exec
