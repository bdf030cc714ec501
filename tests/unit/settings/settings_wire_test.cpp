#include <gtest/gtest.h>

#include "core/settings/wire.hpp"

namespace holdfast::wire {
namespace {

Policy there_and_back(const Policy& policy) {
  AttemptGrant grant;
  grant.policy = policy;
  const Result<Message> message = decode(encode(to_message(grant)));
  EXPECT_TRUE(message);
  const Result<AttemptGrant> read = to_grant(*message);
  EXPECT_TRUE(read);
  return read ? read->policy : Policy{};
}

TEST(SettingsWire, WhatIsBuiltInIsNotSent) {
  const Message message = to_message(AttemptGrant{});
  for (const char* key : {"containment", "scratch", "no_tests", "environment", "variable"}) {
    EXPECT_EQ(message.get(key), "") << key;
  }
  EXPECT_EQ(there_and_back({}), Policy{});
}

TEST(SettingsWire, WhatDiffersArrives) {
  Policy policy;
  policy.containment = Containment::pidns;
  policy.scratch = Scratch::remove;
  policy.no_tests = NoTests::skip;
  policy.environment = {{"A", "x=y z"}, {"B", "line\nbreak"}};
  EXPECT_EQ(there_and_back(policy), policy);
  policy.environment.clear();
  EXPECT_EQ(there_and_back(policy), policy);
}

TEST(SettingsWire, AWordThatIsNotKnownIsRefused) {
  for (const char* key : {"containment", "scratch", "no_tests"}) {
    Message message = to_message(AttemptGrant{});
    message.add(key, "nonsense");
    EXPECT_FALSE(to_grant(message)) << key;
  }
}

TEST(SettingsWire, LabelsArriveOnlyWhereThereAreAny) {
  AttemptRequest request;
  request.launcher = {17, 4711};
  EXPECT_EQ(to_message(request).get("labels"), "");
  request.properties.labels = "a,b%20c";
  const Result<AttemptRequest> read = to_request(to_message(request));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->properties.labels, "a,b%20c");
}

}  // namespace
}  // namespace holdfast::wire
