#include "core/lock_wait.hpp"

#include <gtest/gtest.h>

#include "random_text.hpp"

namespace holdfast {
namespace {

LockParty party() {
  return {{4711, 99}, "5f0c2d1e-0000-4000-8000-000000000000", "server.start", "/b/debug", 1000};
}

TEST(LockParty, ARecordHasItsOneSizeAndIsReadBack) {
  LockParty no_tree = party();
  no_tree.tree.clear();
  LockParty equals = party();
  equals.test = "a=b=c";
  for (const LockParty& row : {party(), no_tree, equals}) {
    const std::string record = to_record(row);
    EXPECT_EQ(record.size(), k_party_size);
    EXPECT_EQ(parse_party(record), row);
    EXPECT_EQ(parse_party(record.substr(0, record.find('\0'))), row);
  }
}

TEST(LockParty, TheRecordIsTheTextThatThePageDescribes) {
  const std::string record = to_record(party());
  EXPECT_EQ(record.substr(0, record.find('\0')),
            "v=1\nprocess=4711:99\nboot=5f0c2d1e-0000-4000-8000-000000000000\nsince=1000\n"
            "test=server.start\ntree=/b/debug\n");
}

TEST(LockParty, AHostileNameCannotPassForAnotherField) {
  LockParty hostile = party();
  hostile.test = std::string("x\nprocess=2:2\ntree=/elsewhere\0y", 31);
  const std::optional<LockParty> back = parse_party(to_record(hostile));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->process, hostile.process);
  EXPECT_EQ(back->tree, "/b/debug");
  EXPECT_EQ(back->test, "x process=2:2 tree=/elsewhere y");
}

TEST(LockParty, LongTextsAreCutAndTheRestIsStillRead) {
  LockParty longest = party();
  longest.process = {2147483647, 18446744073709551615ULL};
  longest.since_unix_ms = INT64_MAX;
  longest.test = std::string(5000, 't');
  longest.tree = std::string(5000, 'd');
  const std::string record = to_record(longest);
  ASSERT_EQ(record.size(), k_party_size);
  const std::optional<LockParty> back = parse_party(record);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->process, longest.process);
  EXPECT_EQ(back->test, std::string(400, 't'));
  EXPECT_EQ(back->tree, std::string(400, 'd'));
}

TEST(LockParty, WhatIsNotUnderstoodNamesNobody) {
  for (const char* record :
       {"", "\n\n", "v=2\nprocess=4711:99\n", "process=4711:99\n", "v=1\n", "v=1\nprocess=1:99\n",
        "v=1\nprocess=x\n", "xv=1\nprocess=4711:99\n"}) {
    EXPECT_FALSE(parse_party(record)) << record;
  }
  EXPECT_FALSE(parse_party(std::string(k_party_size, '\0')));
}

TEST(LockParty, UnknownFieldsAndAnyOrderAreFine) {
  const auto found = parse_party("new=1\nsince=7\nprocess=4711:99\nv=1\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->since_unix_ms, 7);
}

TEST(LockParty, ARecordCutOffAnywhereIsReadOrNotButNeverHarmful) {
  const std::string record = to_record(party());
  for (std::size_t length = 0; length < 200; ++length) {
    const auto found = parse_party(std::string_view(record).substr(0, length));
    if (!found) continue;
    EXPECT_EQ(found->process.pid, 4711) << length;
  }
  RandomText random(10);
  for (int i = 0; i < 20'000; ++i) {
    (void)parse_party(random.bytes(64));
    (void)parse_party("v=1\n" + random.of("process=4:1\nsinc-", 40));
  }
}

TEST(LockParty, AHolderIsDescribedByTestPidTreeAndTime) {
  EXPECT_EQ(describe_holder("db@project", party(), 5200),
            "db@project is held by \"server.start\" (pid 4711, tree /b/debug) for 4.2 s");
  LockParty no_tree = party();
  no_tree.tree.clear();
  EXPECT_EQ(describe_holder("db@user", no_tree, 1000),
            "db@user is held by \"server.start\" (pid 4711) for 0.0 s");
}

TEST(LockParty, AClockThatWasSetBackAndAForgedTimeAreNoHarm) {
  EXPECT_NE(describe_holder("l", party(), 0).find("for 0.0 s"), std::string::npos);
  const auto forged = parse_party("v=1\nprocess=4711:99\nsince=-9223372036854775808\n");
  ASSERT_TRUE(forged);
  (void)describe_holder("l", *forged, 1795163653120);  // no overflow: ubsan watches
  EXPECT_GE(forged->since_unix_ms, 0);
}

TEST(LockWait, AWaitIsToldSoonThenAtGrowingIntervalsThenEveryMinute) {
  const std::int64_t schedule[] = {200,    2'000,  5'000,   10'000, 20'000,
                                   40'000, 60'000, 120'000, 180'000};
  unsigned told = 0;
  for (std::int64_t ms : schedule) EXPECT_EQ(next_telling(told++).count(), ms);
  for (unsigned n = 0; n < 10'000; ++n) ASSERT_LT(next_telling(n), next_telling(n + 1));
}

}  // namespace
}  // namespace holdfast
