// Calls over real connections: which endpoint is asked, by which connection, as whom.
#include "cluster/etcd.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cluster/etcd_messages.hpp"
#include "cluster/fake_etcd.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::etcd {
namespace {

using Answer = FakeEtcd::Answer;
using Call = FakeEtcd::Call;

constexpr Milliseconds k_patience{20'000};

class EtcdCalls : public testing::Test {
 protected:
  EtcdCalls() { settings_.endpoints = {first_.endpoint()}; }

  bool go_on_until(const std::function<bool()>& condition) {
    const Milliseconds until = os::monotonic_now() + k_patience;
    while (!condition()) {
      if (os::monotonic_now() >= until) return false;
      os::Wait wait({}, os::monotonic_now() + Milliseconds{20});
      first_.join(wait);
      second_.join(wait);
      http_.wait(wait);
      http_.work();
      first_.work();
      second_.work();
    }
    return true;
  }

  // The reply to a call of any kind.
  EtcdReply asked(Etcd& etcd) {
    std::optional<EtcdReply> reply;
    etcd.call(k_range, "{}", [&](const EtcdReply& got) { reply = got; });
    EXPECT_TRUE(go_on_until([&] { return reply.has_value(); }));
    return reply.value_or(EtcdReply{});
  }

  static std::optional<Answer> refuses(const Call&) { return Answer{503, "{}"}; }

  FakeEtcd first_;
  FakeEtcd second_;
  ClusterSettings settings_;
  Http http_{settings_};
};

TEST_F(EtcdCalls, ATokenThatIsRefusedAnewIsNotSoughtForEver) {
  settings_.user = "ci";
  first_.obey([](const Call& call) -> std::optional<Answer> {
    if (call.path == k_authenticate) return Answer{200, R"({"token":"t"})"};
    return Answer{401, R"({"message":"etcdserver: invalid auth token","code":16})"};
  });
  Etcd etcd(http_, settings_, "secret");
  std::optional<EtcdReply> reply;
  etcd.call(k_range, "{}", [&](const EtcdReply& got) { reply = got; });
  EXPECT_TRUE(go_on_until([&] { return reply || first_.calls().size() > 8; }));
  ASSERT_TRUE(reply && reply->refusal);
  EXPECT_EQ(reply->refusal->kind, Refusal::Kind::never);
  EXPECT_EQ(reply->refusal->words, "etcdserver: invalid auth token");
  EXPECT_EQ(first_.calls_of(k_authenticate).size(), 2U);
}

// Otherwise the second failure would lead back to the endpoint that has failed.
TEST_F(EtcdCalls, TwoThatFailAtOneEndpointLeaveItOnce) {
  settings_.endpoints.push_back(second_.endpoint());
  first_.obey(refuses);
  Etcd etcd(http_, settings_, "");
  int failed = 0;
  for (int i = 0; i < 2; ++i) {
    etcd.call(k_range, "{}", [&](const EtcdReply& got) { failed += got.refusal ? 1 : 0; });
  }
  ASSERT_TRUE(go_on_until([&] { return failed == 2; }));
  EXPECT_EQ(etcd.failures(), 2U);
  EXPECT_FALSE(asked(etcd).refusal);
  EXPECT_EQ(second_.calls().size(), 1U);
}

// A firewall may have forgotten the connection.
TEST_F(EtcdCalls, AfterAFailureTheNextHasAConnectionOfItsOwnAndNoLaterOne) {
  first_.obey(refuses);
  Etcd etcd(http_, settings_, "");
  EXPECT_TRUE(asked(etcd).refusal);
  first_.obey([](const Call&) { return Answer{200, "{}"}; });
  EXPECT_FALSE(asked(etcd).refusal);
  EXPECT_EQ(first_.connections(), 2U);
  EXPECT_FALSE(asked(etcd).refusal);
  EXPECT_EQ(first_.connections(), 2U);
}

TEST_F(EtcdCalls, AProxyOfTheEnvironmentIsNotForThem) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::unsetenv("no_proxy");
  ::unsetenv("NO_PROXY");
  Etcd etcd(http_, settings_, "");
  const EtcdReply reply = asked(etcd);
  ::unsetenv("http_proxy");
  EXPECT_FALSE(reply.refusal) << reply.refusal->words;
}

// Nor is it taken for news.
TEST_F(EtcdCalls, ARefusalOfAWatchKeepsItsWords) {
  first_.obey([](const Call&) {
    return Answer{403, "{\"message\":\"etcdserver: permission denied\",\"code\":7}\n"};
  });
  Etcd etcd(http_, settings_, "");
  std::vector<std::string> lines;
  std::optional<EtcdReply> reply;
  etcd.watch(
      "{}", [&](std::string_view line) { lines.emplace_back(line); },
      [&](const EtcdReply& got) { reply = got; });
  ASSERT_TRUE(go_on_until([&] { return reply.has_value(); }));
  ASSERT_TRUE(reply->refusal);
  EXPECT_EQ(reply->refusal->kind, Refusal::Kind::never);
  EXPECT_EQ(reply->refusal->words, "etcdserver: permission denied");
  EXPECT_TRUE(lines.empty());
}

TEST_F(EtcdCalls, AWatchThatWasServedAndEndsIsNoFailure) {
  first_.obey([](const Call&) { return Answer{200, "{\"result\":{}}\n\n"}; });
  Etcd etcd(http_, settings_, "");
  std::vector<std::string> lines;
  std::optional<EtcdReply> reply;
  etcd.watch(
      "{}", [&](std::string_view line) { lines.emplace_back(line); },
      [&](const EtcdReply& got) { reply = got; });
  ASSERT_TRUE(go_on_until([&] { return reply.has_value(); }));
  EXPECT_FALSE(reply->refusal);
  EXPECT_EQ(lines, std::vector<std::string>{"{\"result\":{}}"});
  EXPECT_EQ(etcd.failures(), 0U);
}

TEST_F(EtcdCalls, ThoseThatComeBeforeTheTokenWaitForOneTokenAndMayBeCancelled) {
  settings_.user = "ci";
  first_.obey([](const Call& call) {
    return Answer{200, call.path == k_authenticate ? R"({"token":"t"})" : "{}"};
  });
  Etcd etcd(http_, settings_, "secret");
  int good = 0;
  int cancelled = 0;
  const auto done = [&](const EtcdReply& got) { good += got.refusal ? 0 : 1; };
  etcd.call(k_range, "{}", done);
  const Etcd::Id second = etcd.call(k_range, "{}", [&](const EtcdReply&) { ++cancelled; });
  etcd.call(k_range, "{}", done);
  etcd.cancel(second);
  ASSERT_TRUE(go_on_until([&] { return good == 2; }));
  EXPECT_EQ(cancelled, 0);
  EXPECT_EQ(first_.calls_of(k_authenticate).size(), 1U);
  EXPECT_EQ(first_.calls_of(k_range).size(), 2U);
}

TEST_F(EtcdCalls, AnAnswerIsTakenUpToSixteenMebibytes) {
  std::size_t size = 1U << 20U;
  first_.obey([&](const Call&) {
    return Answer{200, "{\"a\":\"" + std::string(size, 'x') + "\"}"};
  });
  Etcd etcd(http_, settings_, "");
  const EtcdReply whole = asked(etcd);
  EXPECT_FALSE(whole.refusal);
  EXPECT_EQ(whole.body.size(), size + 8);
  size = 17U << 20U;
  const EtcdReply none = asked(etcd);
  ASSERT_TRUE(none.refusal);
  EXPECT_EQ(none.refusal->kind, Refusal::Kind::later);
}

TEST_F(EtcdCalls, AnEndpointWhereNobodyListensIsNamed) {
  settings_.endpoints = {"http://127.0.0.1:1"};
  Etcd etcd(http_, settings_, "");
  const EtcdReply reply = asked(etcd);
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(reply.refusal->kind, Refusal::Kind::later);
  EXPECT_TRUE(reply.refusal->words.starts_with("http://127.0.0.1:1: ")) << reply.refusal->words;
  EXPECT_EQ(reply.refusal->words.find('\n'), std::string::npos);
}

TEST_F(EtcdCalls, WhatCanNeverWorkIsToldApartUnlessAnotherEndpointMayServe) {
  for (const char* endpoint : {"odd://127.0.0.1:1", "http://[x"}) {
    settings_.endpoints = {endpoint};
    Etcd one(http_, settings_, "");
    EXPECT_EQ(asked(one).refusal.value_or(Refusal{}).kind, Refusal::Kind::unusable) << endpoint;
    settings_.endpoints.push_back(first_.endpoint());
    Etcd two(http_, settings_, "");
    EXPECT_EQ(asked(two).refusal.value_or(Refusal{Refusal::Kind::never, ""}).kind,
              Refusal::Kind::later)
        << endpoint;
    EXPECT_FALSE(asked(two).refusal) << endpoint;
  }
}

TEST_F(EtcdCalls, AFileOfACertificateThatIsMissingCanNeverWork) {
  settings_.endpoints = {"https" + first_.endpoint().substr(4)};
  for (std::string ClusterSettings::*file : {&ClusterSettings::ca, &ClusterSettings::cert}) {
    settings_.*file = "/no/where.pem";
    Etcd etcd(http_, settings_, "");
    EXPECT_EQ(asked(etcd).refusal.value_or(Refusal{}).kind, Refusal::Kind::unusable);
    (settings_.*file).clear();
  }
}

// The file of a certificate may be missing while it is replaced.
TEST_F(EtcdCalls, WhatHasWorkedOnceMayWorkAgain) {
  Etcd etcd(http_, settings_, "");
  EXPECT_FALSE(asked(etcd).refusal);
  settings_.endpoints = {"odd://127.0.0.1:1"};
  EXPECT_EQ(asked(etcd).refusal.value_or(Refusal{Refusal::Kind::never, ""}).kind,
            Refusal::Kind::later);
}

TEST_F(EtcdCalls, AfterTheLastEndpointTheFirstIsAskedAgain) {
  settings_.endpoints.push_back(second_.endpoint());
  first_.obey(refuses);
  second_.obey(refuses);
  Etcd etcd(http_, settings_, "");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(asked(etcd).refusal);
  EXPECT_EQ(first_.calls().size(), 2U);
  EXPECT_EQ(second_.calls().size(), 1U);
}

TEST_F(EtcdCalls, OneThatIsNotAnsweredEndsInItsTime) {
  first_.obey([](const Call&) { return std::nullopt; });
  Etcd etcd(http_, settings_, "");
  std::optional<EtcdReply> reply;
  etcd.call(
      k_range, "{}", [&](const EtcdReply& got) { reply = got; }, Milliseconds{50});
  ASSERT_TRUE(go_on_until([&] { return reply.has_value(); }));
  ASSERT_TRUE(reply->refusal);
  EXPECT_EQ(reply->refusal->kind, Refusal::Kind::later);
  EXPECT_EQ(etcd.failures(), 1U);
}

TEST_F(EtcdCalls, ATokenComesFromTheNextEndpointIfOneCannotServe) {
  settings_.user = "ci";
  settings_.endpoints.push_back(second_.endpoint());
  first_.obey(refuses);
  second_.obey([](const Call& call) {
    return Answer{200, call.path == k_authenticate ? R"({"token":"t"})" : "{}"};
  });
  Etcd etcd(http_, settings_, "secret");
  EXPECT_EQ(asked(etcd).refusal.value_or(Refusal{Refusal::Kind::never, ""}).kind,
            Refusal::Kind::later);
  EXPECT_FALSE(asked(etcd).refusal);
  ASSERT_EQ(second_.calls().size(), 2U);
  EXPECT_EQ(second_.calls()[0].body, nlohmann::json({{"name", "ci"}, {"password", "secret"}}));
  EXPECT_EQ(second_.calls()[0].token, "");
  EXPECT_EQ(second_.calls()[1].token, "t");
}

TEST_F(EtcdCalls, ATokenThatIsOverIsReplacedWithinTheCall) {
  settings_.user = "ci";
  std::string valid = "1";
  first_.obey([&](const Call& call) -> std::optional<Answer> {
    if (call.path == k_authenticate) return Answer{200, R"({"token":")" + valid + R"("})"};
    if (call.token == valid) return Answer{200, "{}"};
    return Answer{401, R"({"message":"etcdserver: invalid auth token","code":16})"};
  });
  Etcd etcd(http_, settings_, "secret");
  for (const char* token : {"1", "2", "3"}) {
    valid = token;
    EXPECT_FALSE(asked(etcd).refusal) << token;
    EXPECT_FALSE(asked(etcd).refusal) << token;
  }
  EXPECT_EQ(first_.calls_of(k_authenticate).size(), 3U);
}

TEST_F(EtcdCalls, WithoutUsersInEtcdATokenIsSoughtOnce) {
  settings_.user = "ci";
  first_.obey([](const Call& call) {
    if (call.path != k_authenticate) return Answer{200, "{}"};
    return Answer{400, R"({"message":"etcdserver: authentication is not enabled","code":9})"};
  });
  Etcd etcd(http_, settings_, "secret");
  EXPECT_FALSE(asked(etcd).refusal);
  EXPECT_FALSE(asked(etcd).refusal);
  EXPECT_EQ(first_.calls_of(k_authenticate).size(), 1U);
  EXPECT_EQ(first_.calls_of(k_range).at(1).token, "");
}

TEST_F(EtcdCalls, WhoIsToBeAUserAndIsNoneIsToldWhereToNameOne) {
  first_.obey([](const Call&) {
    return Answer{400, R"({"message":"etcdserver: user name is empty","code":3})"};
  });
  Etcd etcd(http_, settings_, "");
  const EtcdReply reply = asked(etcd);
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(reply.refusal->kind, Refusal::Kind::never);
  EXPECT_EQ(reply.refusal->words, "etcdserver: user name is empty; [cluster] has no `user`");
  EXPECT_TRUE(first_.calls_of(k_authenticate).empty());
}

TEST_F(EtcdCalls, AUserThatIsRefusedIsNamed) {
  settings_.user = "ci";
  first_.obey([](const Call&) {
    return Answer{400, R"({"message":"etcdserver: authentication failed","code":3})"};
  });
  Etcd etcd(http_, settings_, "wrong");
  const EtcdReply reply = asked(etcd);
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(reply.refusal->kind, Refusal::Kind::never);
  EXPECT_EQ(reply.refusal->words, "as user \"ci\": etcdserver: authentication failed");
  EXPECT_TRUE(first_.calls_of(k_range).empty());
}

TEST_F(EtcdCalls, AWatchThatItsOwnLineCancelsGetsNoFurtherLine) {
  first_.obey([](const Call& call) {
    if (call.path != k_watch) return Answer{200, "{}"};
    return Answer{200, "{\"result\":{}}\n{\"result\":{}}\n", true};
  });
  Etcd etcd(http_, settings_, "");
  int lines = 0;
  int ended = 0;
  Etcd::Id watch = 0;
  watch = etcd.watch(
      "{}",
      [&](std::string_view) {
        ++lines;
        etcd.cancel(watch);
      },
      [&](const EtcdReply&) { ++ended; });
  ASSERT_TRUE(go_on_until([&] { return lines > 0; }));
  EXPECT_FALSE(asked(etcd).refusal);
  EXPECT_EQ(lines, 1);
  EXPECT_EQ(ended, 0);
}

TEST_F(EtcdCalls, OneMayCancelAnotherWhenBothAreRefusedTheirToken) {
  settings_.user = "ci";
  first_.obey([](const Call&) {
    return Answer{400, R"({"message":"etcdserver: authentication failed","code":3})"};
  });
  Etcd etcd(http_, settings_, "wrong");
  Etcd::Id second = 0;
  int ended = 0;
  int cancelled = 0;
  etcd.call(k_range, "{}", [&](const EtcdReply& got) {
    EXPECT_TRUE(got.refusal);
    ++ended;
    etcd.cancel(second);
  });
  second = etcd.call(k_range, "{}", [&](const EtcdReply&) { ++cancelled; });
  ASSERT_TRUE(go_on_until([&] { return ended > 0; }));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(cancelled, 0);
}

}  // namespace
}  // namespace holdfast::etcd
