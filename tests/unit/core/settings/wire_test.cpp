#include "core/settings/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "random_text.hpp"
#include "said_values.hpp"

namespace holdfast::wire {
namespace {

const char* const k_hostile = "line\nbreak \"quoted\" \\ %2C, \xFF\x01 = v=1";

AttemptRequest full_request() {
  AttemptRequest request;
  request.test = k_hostile;
  request.key = "9ae16a3b2f90404f";
  request.command_sum = ~0ULL;
  request.include_count = 4294967295U;
  request.launcher = {2147483647, 18446744073709551615ULL};
  request.said = {by_property(Setting::locks, "db:shared,gpu:1/4"),
                  by_property(Setting::timeout, "1.5"), by_property(Setting::on_leak, "fail"),
                  by_property(Setting::retry, "any=1")};
  request.facts.resource_lock = "a%2Cb,c";
  request.facts.needed_by_others = true;
  request.facts.serial = true;
  request.facts.labels = "unit,a%2Cb";
  request.facts.native_timeout = "2.5";
  request.facts.default_timeout = "1500";
  request.facts.processors = "3";
  request.soonest_end = Milliseconds{0};
  return request;
}

AttemptGrant full_grant() {
  AttemptGrant grant;
  grant.run = "20261120-084053-1234";
  grant.attempt = "20261120-084053-1234.1";
  grant.journal = std::string("/tree/") + k_hostile;
  grant.refusal = "HOLDFAST_LOCKS: lock \"a\nb\": no";
  grant.is_again = true;
  grant.policy.lock_timeout = Milliseconds{1};
  grant.policy.timeout = k_longest;
  grant.policy.grace = Milliseconds{0};
  grant.policy.on_leak = OnLeak::ignore;
  grant.policy.needed_by_others = true;
  grant.policy.containment = {Boundary::pidns, Boundary::netns};
  grant.policy.containment_missing = ContainmentMissing::fail;
  grant.policy.passthrough = {"/tmp/a,b", "/tmp/c"};
  grant.policy.scratch = Scratch::remove;
  grant.policy.environment = {{"A", "b=c\nd"}, {"B", "2"}};
  grant.policy.isolation = Isolation::fork;
  grant.policy.case_timeout = Milliseconds{1500};
  grant.policy.processors = 7;
  grant.policy.run_serial = RunSerial::machine;
  grant.policy.no_tests = NoTests::skip;
  grant.policy.retry.rules = *parse_retry_rules("exit:4=3,any=1");
  grant.policy.retry.backoff = *parse_backoff("exponential:500ms..30s");
  grant.policy.retry.jitter = 125;
  grant.policy.retry.last_alone = true;
  grant.policy.idle_slots = false;
  grant.policy.retry.flaky_result = FlakyResult::fail;
  grant.policy.retry.known = {{"a|b", "PROJ-1", 2}, {"x\ty", "", 0}, {" 3 4 x", "7 ", 9}};
  grant.policy.hooks = {"collect \"$x\"\n", "dump"};
  grant.policy.locks = {{"gpu", LockMode::counted, 2, 4, LockScope::machine},
                        {"db", LockMode::shared, 1, 1, LockScope::build},
                        {"memory", LockMode::amount, 4096, 0, LockScope::user},
                        {"vram", LockMode::amount, 4096, 8192, LockScope::machine},
                        {k_hostile, LockMode::exclusive, 1, 1, LockScope::project},
                        {"a:shared@user", LockMode::exclusive, 1, 1, LockScope::project},
                        {"", LockMode::exclusive, 1, 1, LockScope::user}};
  return grant;
}

void expect_equal(const AttemptRequest& a, const AttemptRequest& b) {
  EXPECT_EQ(a.test, b.test);
  EXPECT_EQ(a.command_sum, b.command_sum);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.include_count, b.include_count);
  EXPECT_EQ(a.launcher, b.launcher);
  EXPECT_EQ(a.soonest_end, b.soonest_end);
  ASSERT_EQ(a.said.size(), b.said.size());
  for (std::size_t i = 0; i < a.said.size(); ++i) {
    EXPECT_EQ(a.said[i].setting, b.said[i].setting);
    EXPECT_EQ(a.said[i].text, b.said[i].text);
    EXPECT_EQ(a.said[i].source, Source::property);
  }
#define HOLDFAST_TEXT(field, ...) EXPECT_EQ(a.facts.field, b.facts.field);
#define HOLDFAST_FLAG(field, ...) EXPECT_EQ(a.facts.field, b.facts.field);
#include "core/settings/facts.def"
}

void expect_equal(const AttemptGrant& a, const AttemptGrant& b) {
  EXPECT_EQ(a.run, b.run);
  EXPECT_EQ(a.attempt, b.attempt);
  EXPECT_EQ(a.journal, b.journal);
  EXPECT_EQ(a.refusal, b.refusal);
  EXPECT_EQ(a.is_again, b.is_again);
  EXPECT_EQ(a.policy, b.policy);
}

TEST(Wire, EveryFieldOfARequestArrives) {
  AttemptRequest plain;
  plain.test = "t";
  plain.launcher = {2, 0};
  for (const AttemptRequest& row : {full_request(), plain}) {
    const Result<Message> message = decode(encode(to_message(row)));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->kind, k_request);
    const Result<AttemptRequest> back = to_request(*message);
    ASSERT_TRUE(back) << back.error().message;
    expect_equal(*back, row);
  }
}

TEST(Wire, EveryFieldOfAGrantArrives) {
  AttemptGrant no_environment;
  no_environment.policy.environment.clear();
  for (const AttemptGrant& row : {full_grant(), AttemptGrant{}, no_environment}) {
    const Result<Message> message = decode(encode(to_message(row)));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->kind, k_grant);
    const Result<AttemptGrant> back = to_grant(*message);
    ASSERT_TRUE(back) << back.error().message;
    expect_equal(*back, row);
  }
}

TEST(Wire, AnyTextFreeOfNulArrivesAndALaterFieldOfTheSameNameIsNotTaken) {
  RandomText random(11);
  for (int i = 0; i < 5'000; ++i) {
    Message message;
    message.kind = "k";
    std::string first = random.bytes(20);
    first.erase(std::remove(first.begin(), first.end(), '\0'), first.end());
    message.add("x", first);
    message.add("x", "second");
    message.add("", first);
    const Result<Message> back = decode(encode(message));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->fields, message.fields);
    EXPECT_EQ(back->get("x"), first);
    EXPECT_EQ(back->get("absent"), "");
  }
}

TEST(Wire, ATextIsCutAtANulSoThatItCannotForgeAField) {
  Message message;
  message.kind = "k";
  message.add("test", std::string_view("a\0refusal\0x", 11));
  const Result<Message> back = decode(encode(message));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->fields.size(), 1U);
  EXPECT_EQ(back->get("test"), "a");
}

TEST(Wire, AMessageOfAnotherVersionIsRefused) {
  std::string packet = encode(to_message(full_grant()));
  for (const char* version :
       {"holdfast-2", "holdfast-", "holdfast-11", "Holdfast-1", "", " holdfast-1"}) {
    const std::string other = version + packet.substr(packet.find('\0'));
    const Result<Message> message = decode(other);
    ASSERT_FALSE(message) << version;
    EXPECT_EQ(message.error().message, "understand a message of another version of Holdfast");
  }
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode("holdfast-1"));  // without its NUL
}

TEST(Wire, APacketCutOffAtAnyByteIsRefusedOrLacksWholeFields) {
  const std::string packet = encode(to_message(full_grant()));
  const std::size_t fields = to_message(full_grant()).fields.size();
  for (std::size_t length = 0; length < packet.size(); ++length) {
    const Result<Message> message = decode(std::string_view(packet).substr(0, length));
    if (!message) continue;
    EXPECT_LT(message->fields.size(), fields) << length;
    (void)to_grant(*message);
    (void)to_request(*message);
  }
}

Message without(Message message, const std::string& key) {
  std::erase_if(message.fields, [&](const auto& field) { return field.first == key; });
  return message;
}

TEST(Wire, AMessageThatLacksANumberOrHasNoNumberThereIsRefused) {
  for (const char* key : {"case_timeout", "processors"}) {
    EXPECT_FALSE(to_grant(without(to_message(full_grant()), key))) << key;
  }
  for (const char* key : {"include", "launcher"}) {
    EXPECT_FALSE(to_request(without(to_message(full_request()), key))) << key;
    for (const char* value : {"", "x", "1x", "-1", "0:2", "99999999999999999999999"}) {
      Message message = to_message(full_request());
      for (auto& field : message.fields) {
        if (field.first == key) field.second = value;
      }
      EXPECT_FALSE(to_request(message)) << key << '=' << value;
    }
  }
  for (const char* key :
       {"lock_timeout",        "timeout",     "grace",        "on_leak",    "containment",
        "containment_missing", "passthrough", "scratch",      "no_tests",   "isolation",
        "case_timeout",        "processors",  "retry",        "backoff",    "jitter",
        "retry_alone",         "idle_slots",  "flaky_result", "run_serial", "known_flaky"}) {
    for (const char* value : {"x", "1 ", "999999999999999999999999999999x"}) {
      Message message = to_message(full_grant());
      int changed = 0;
      for (auto& field : message.fields) {
        if (field.first != key || field.second.empty()) continue;
        field.second = value;
        ++changed;
      }
      EXPECT_GT(changed, 0) << key;
      EXPECT_FALSE(to_grant(message)) << key << '=' << value;
    }
  }
}

TEST(Wire, WhatIsBuiltInIsNotSent) {
  for (const auto& [key, value] : to_message(AttemptGrant{}).fields) {
    EXPECT_FALSE(setting_of_id(key)) << key;
    EXPECT_NE(key, "lock");
  }
}

TEST(Wire, WhatAFileSaysArrivesAsItWasSaid) {
  const Values said{in_file(Setting::timeout, "2m"), in_file(Setting::environment, "A=x=y"),
                    in_file(Setting::on_failure, "")};
  const Result<Values> read = to_values(*decode(encode(to_message(said))));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ((*read)[1].setting, Setting::environment);
  EXPECT_EQ((*read)[1].text, "A=x=y");
  Message unknown(k_settings);
  unknown.add("colour", "red");
  EXPECT_FALSE(to_values(unknown));
}

TEST(Wire, ALockThatIsNoLockIsRefused) {
  for (const char* lock : {"", "a", "x@moon=a", "=a", "x:2/1=a", "x:shared"}) {
    Message message = to_message(AttemptGrant{});
    message.add("lock", lock);
    EXPECT_FALSE(to_grant(message)) << lock;
  }
}

TEST(Wire, AnyBytesAreDecodedOrRefused) {
  RandomText random(12);
  const std::string good = encode(to_message(full_grant()));
  int decoded = 0;
  int granted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string packet = i % 2 == 0 ? random.bytes(40) : good;
    if (i % 2 == 1) {
      for (unsigned n = random.below(4) + 1; n > 0; --n) {
        packet[random.below(static_cast<unsigned>(packet.size()))] =
            static_cast<char>(random.below(256));
      }
    } else {
      packet.insert(0, std::string("holdfast-1\0", 11));
    }
    const Result<Message> message = decode(packet);
    if (!message) {
      EXPECT_FALSE(message.error().message.empty());
      continue;
    }
    // A packet that decodes is one that could be sent, and of one kind only.
    ++decoded;
    const Result<Message> again = decode(encode(*message));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kind, message->kind);
    EXPECT_EQ(again->fields, message->fields);
    const Result<AttemptGrant> grant = to_grant(*message);
    EXPECT_FALSE(grant && to_request(*message));
    if (!grant) continue;
    ++granted;
    const Result<AttemptGrant> sent = to_grant(to_message(*grant));
    ASSERT_TRUE(sent);
    EXPECT_EQ(encode(to_message(*sent)), encode(to_message(*grant)));
  }
  // The loop has met both: packets that decode and packets that do not.
  EXPECT_GT(granted, 100);
  EXPECT_GT(decoded, granted);
  EXPECT_LT(decoded, 20'000);
}

TEST(Wire, WhatAnAttemptWaitsForComesBack) {
  for (const AttemptWait& sent : {AttemptWait{WaitFor::lock, "a lock@cluster", "held\nby \"b\""},
                                  AttemptWait{WaitFor::services, "db, web", "db is starting"},
                                  AttemptWait{WaitFor::step, "slurm", ""}, AttemptWait{}}) {
    const AttemptWait read = to_wait(to_text(sent));
    EXPECT_EQ(read.what, sent.what);
    EXPECT_EQ(read.names, sent.names);
    EXPECT_EQ(read.why, sent.why);
  }
  EXPECT_EQ(to_text(AttemptWait{}), "");
  EXPECT_EQ(to_wait("garbage").names, "");
}

TEST(Wire, AWaitHasASubject) {
  EXPECT_EQ(subject_of({WaitFor::lock, "db@cluster"}), "lock db@cluster");
  EXPECT_EQ(subject_of({WaitFor::services, "db"}), "service db");
  EXPECT_EQ(subject_of({WaitFor::services, "db, web"}), "services db, web");
  EXPECT_EQ(subject_of({WaitFor::step, "slurm"}), "its step on Slurm");
}

TEST(Wire, WhatStepsAreToldOfHoldfastTomlComesBack) {
  StepSettings said;
  said.steps.transient = {"No space", "", "^ld: .*=x"};
  said.steps.memory_kb = 24'000'000;
  said.oom_events = "/sys/fs/cgroup/memory.events";
  const Result<StepSettings> read = to_step_settings(*decode(encode(to_message(said))));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->steps.transient, said.steps.transient);
  EXPECT_EQ(read->steps.memory_kb, said.steps.memory_kb);
  EXPECT_EQ(read->oom_events, said.oom_events);
  const Result<StepSettings> nothing =
      to_step_settings(*decode(encode(to_message(StepSettings{}))));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->steps.transient.empty());
  EXPECT_FALSE(nothing->steps.memory_kb);
  Message other(k_settings);
  EXPECT_FALSE(to_step_settings(other));
  Message odd = to_message(StepSettings{});
  odd.add("memory_kb", "much");
  EXPECT_FALSE(to_step_settings(odd));
}

}  // namespace
}  // namespace holdfast::wire
