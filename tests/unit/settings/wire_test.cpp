#include "settings/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random_text.hpp"
#include "values/said_values.hpp"

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
  request.properties.resource_lock = "a%2Cb,c";
  request.properties.needed_by_others = true;
  request.properties.serial = true;
  request.properties.labels = "unit,a%2Cb";
  request.properties.native_timeout = "2.5";
  request.properties.default_timeout = "1500";
  request.properties.processors = "3";
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
#define HOLDFAST_TEXT(field, ...) EXPECT_EQ(a.properties.field, b.properties.field);
#define HOLDFAST_FLAG(field, ...) EXPECT_EQ(a.properties.field, b.properties.field);
#include "values/test_properties.def"
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

TEST(Wire, APacketWithANulInATextIsRefused) {
  EXPECT_TRUE(decode("10:holdfast-21:k1:x2:ab"));
  EXPECT_FALSE(decode(std::string_view("10:holdfast-21:k1:x2:a\0", 23)));
}

TEST(Wire, AMessageOfAnotherVersionIsRefused) {
  std::string packet = encode(to_message(full_grant()));
  const std::string_view own = "10:holdfast-2";
  ASSERT_TRUE(packet.starts_with(own));
  for (const char* version : {"10:holdfast-1", "9:holdfast-", "11:holdfast-22", "10:Holdfast-2",
                              "0:", "11: holdfast-2", "-1:", "x", "99:holdfast-2"}) {
    const std::string other = version + packet.substr(own.size());
    const Result<Message> message = decode(other);
    ASSERT_FALSE(message) << version;
    EXPECT_EQ(message.error().message, "understand a message of another version of Holdfast");
  }
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode(std::string_view("holdfast-1\0attempt\0", 19)));  // of version 1
}

TEST(Wire, WhatIsWrongWithAPacketIsSaid) {
  const std::string version = "10:holdfast-2";
  EXPECT_EQ(decode(version).error().message, "read a message that has no kind");
  EXPECT_EQ(decode(version + "9:k").error().message, "read a message that has no kind");
  EXPECT_EQ(decode(version + "1:k1:x").error().message, "read a k message that is cut off");
  EXPECT_EQ(decode(version + "1:k1:x2:a").error().message, "read a k message that is cut off");
  EXPECT_TRUE(decode(version + "1:k"));
}

TEST(Wire, AMessageOfAnotherKindIsRefused) {
  const Result<AttemptRequest> request =
      to_request(Message("other", to_message(full_request()).fields));
  ASSERT_FALSE(request);
  EXPECT_EQ(to_text(request.error()),
            "expected a " + to_message(full_request()).kind + ", found a message of kind other");
  EXPECT_FALSE(to_grant(Message("other", to_message(full_grant()).fields)));
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

Message::Fields policy_in(const Message& grant) {
  return unpacked(grant.get("policy")).value_or(Message::Fields());
}

Message with_policy(Message grant, const Message::Fields& policy) {
  for (auto& [key, text] : grant.fields) {
    if (key == "policy") text = packed(policy);
  }
  return grant;
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
      Message::Fields policy = policy_in(message);
      int changed = 0;
      for (Message::Fields* fields : {&message.fields, &policy}) {
        for (auto& field : *fields) {
          if (field.first != key || field.second.empty()) continue;
          field.second = value;
          ++changed;
        }
      }
      EXPECT_GT(changed, 0) << key;
      EXPECT_FALSE(to_grant(with_policy(message, policy))) << key << '=' << value;
    }
  }
}

TEST(Wire, WhatIsBuiltInIsNotSent) {
  for (const auto& [key, value] : policy_in(to_message(AttemptGrant{})))
    EXPECT_EQ(key, "lock_list");
}

TEST(Wire, ASettingThatIsNotKnownIsRefused) {
  const Message message = to_message(full_grant());
  for (const char* key : {"of_tomorrow", "report", "transient", ""}) {
    Message::Fields policy = policy_in(message);
    policy.emplace_back(key, "1");
    EXPECT_FALSE(to_grant(with_policy(message, policy))) << key;
    Message request = to_message(full_request());
    for (auto& [name, text] : request.fields) {
      if (name != "said") continue;
      const Message::Fields one{{"setting", key}, {"text", "1"}};
      text = packed({{"count", "1"}, {"item", packed(one)}});
    }
    EXPECT_FALSE(to_request(request)) << key;
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
  EXPECT_FALSE(to_values(Message(k_settings)));
  EXPECT_FALSE(to_values(to_message({in_file(Setting::runs, "one")}))) << "it is of the run";
  const Message::Fields one{{"setting", "colour"}, {"text", "red"}};
  const Message unknown(k_settings, {{"said", packed({{"count", "1"}, {"item", packed(one)}})}});
  EXPECT_FALSE(to_values(unknown));
}

// A grant whose policy has these items for locks.
Message with_locks(const std::string& count, const std::vector<Message::Fields>& locks) {
  Message::Fields list{{"count", count}};
  for (const Message::Fields& lock : locks) list.emplace_back("item", packed(lock));
  return with_policy(to_message(AttemptGrant{}), {{"lock_list", packed(list)}});
}

TEST(Wire, ALockThatIsNoLockIsRefused) {
  EXPECT_TRUE(to_grant(with_locks("1", {{{"name", "a"}}})));
  for (const Message::Fields& lock :
       std::vector<Message::Fields>{{},
                                    {{"name", "a"}, {"mode", "x"}},
                                    {{"name", "a"}, {"scope", "moon"}},
                                    {{"name", "a"}, {"units", "-1"}}}) {
    EXPECT_FALSE(to_grant(with_locks("1", {lock}))) << packed(lock);
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
      packet.insert(0, "10:holdfast-2");
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
    const Result<AttemptWait> read = wire::read<AttemptWait>(*decode(encode(to_message(sent))));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->what, sent.what);
    EXPECT_EQ(read->names, sent.names);
    EXPECT_EQ(read->why, sent.why);
  }
  EXPECT_FALSE(wire::read<AttemptWait>(Message(AttemptWait::k_kind, {{"what", "garbage"}})));
}

TEST(Wire, MessagesNestInMessages) {
  const Status sent{.run = "12-x",
                    .tree = "/a tree",
                    .ctest = {12, 34},
                    .journal = "/a tree/j",
                    .services = {{"db", "ready", 3, 77}, {"a web:1", "", 0, 0}},
                    .waits = {{"12-x.1", {WaitFor::lock, "db@cluster", "2:x\n"}}}};
  const Result<Status> read = wire::read<Status>(*decode(encode(to_message(sent))));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->run, sent.run);
  EXPECT_EQ(read->tree, sent.tree);
  EXPECT_EQ(read->ctest, sent.ctest);
  EXPECT_EQ(read->journal, sent.journal);
  ASSERT_EQ(read->services.size(), 2U);
  EXPECT_EQ(read->services[0].name, "db");
  EXPECT_EQ(read->services[0].state, "ready");
  EXPECT_EQ(read->services[0].generation, 3U);
  EXPECT_EQ(read->services[0].main, 77);
  EXPECT_EQ(read->services[1].name, "a web:1");
  ASSERT_EQ(read->waits.size(), 1U);
  EXPECT_EQ(read->waits[0].attempt, "12-x.1");
  EXPECT_EQ(read->waits[0].wait.names, "db@cluster");
  EXPECT_EQ(read->waits[0].wait.why, "2:x\n");
  Message broken = to_message(sent);
  for (auto& [key, text] : broken.fields) {
    if (key == "waits") text.pop_back();
  }
  EXPECT_FALSE(wire::read<Status>(broken));
}

TEST(Wire, WhatServicesATestHasComesBack) {
  const ServicesAnswer sent{.uses = {{"db", 3}, {"web", 1}},
                            .variables = {{"A", "x=y"}, {"B", ""}}};
  const Result<ServicesAnswer> read = wire::read<ServicesAnswer>(*decode(encode(to_message(sent))));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->why, "");
  EXPECT_EQ(read->uses, sent.uses);
  EXPECT_EQ(read->variables, sent.variables);
  const RedServices red{{"db"}, {"db: well", "web: gone"}, {"a fixture"}};
  const Result<RedServices> read_red = wire::read<RedServices>(*decode(encode(to_message(red))));
  ASSERT_TRUE(read_red);
  EXPECT_EQ(read_red->lost, red.lost);
  EXPECT_EQ(read_red->states, red.states);
  EXPECT_EQ(read_red->fixtures, red.fixtures);
}

TEST(Wire, AGrantThatHasLostALockIsRefused) {
  const Message::Fields a{{"name", "a"}};
  const Message::Fields b{{"name", "b"}, {"mode", "amount"}, {"units", "5"}, {"size", "0"}};
  const Result<AttemptGrant> whole = to_grant(with_locks("2", {a, b}));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->policy.locks, (std::vector<LockSpec>{{"a"}, {"b", LockMode::amount, 5, 0}}));
  EXPECT_FALSE(to_grant(with_locks("2", {a})));
  EXPECT_FALSE(to_grant(with_locks("1", {a, b})));
  EXPECT_FALSE(to_grant(with_locks("x", {a})));
  EXPECT_FALSE(to_grant(with_locks("", {})));
  EXPECT_FALSE(to_grant(with_policy(to_message(AttemptGrant{}), {})));
  EXPECT_FALSE(to_grant(without(to_message(AttemptGrant{}), "policy")));
}

TEST(Wire, AWaitHasASubject) {
  EXPECT_EQ(subject_of({WaitFor::lock, "db@cluster"}), "lock db@cluster");
  EXPECT_EQ(subject_of({WaitFor::services, "db"}), "service db");
  EXPECT_EQ(subject_of({WaitFor::services, "db, web"}), "services db, web");
  EXPECT_EQ(subject_of({WaitFor::step, "slurm"}), "its step on Slurm");
}

TEST(Wire, WhatStepsAreToldOfHoldfastTomlComesBack) {
  StepSettings said;
  said.transient = {"No space", "", "^ld: .*=x"};
  said.memory_kb = 24'000'000;
  said.oom_events = "/sys/fs/cgroup/memory.events";
  const Result<StepSettings> read = wire::read<StepSettings>(*decode(encode(to_message(said))));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->transient, said.transient);
  EXPECT_EQ(read->memory_kb, said.memory_kb);
  EXPECT_EQ(read->oom_events, said.oom_events);
  const Result<StepSettings> nothing =
      wire::read<StepSettings>(*decode(encode(to_message(StepSettings{}))));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->transient.empty());
  EXPECT_FALSE(nothing->memory_kb);
  Message other(k_settings);
  EXPECT_FALSE(wire::read<StepSettings>(other));
  Message odd = to_message(StepSettings{});
  odd.add("memory_kb", "much");
  EXPECT_FALSE(wire::read<StepSettings>(odd));
}

}  // namespace
}  // namespace holdfast::wire
