#include "values/held_locks.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

LockParty party() {
  return {{4711, 99}, "5f0c2d1e-0000-4000-8000-000000000000", "server.start", "/b/debug", 1000};
}

LockObstacles held_by(const LockParty& holder) { return {{holder}, {}, 0, {}}; }

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

TEST(LockParty, HowALockIsHadOrWantedIsReadBack) {
  LockParty holder = party();
  holder.say_how(*parse_lock_spec("gpu:2/4"));
  holder.slots = {0, 3};
  holder.attempt = "r.7";
  holder.around = {"r.2", "r.1"};
  LockParty waiter = party();
  waiter.say_how(*parse_lock_spec("db:shared"));
  waiter.ticket = 123456789012345;
  LockParty part = party();
  part.say_how(*parse_lock_spec("vram:6GiB/24GiB"));
  for (const LockParty& row : {holder, waiter, part}) EXPECT_EQ(parse_party(to_record(row)), row);
  // A list that is too long is cut between its elements.
  for (unsigned i = 0; i < 500; ++i) holder.slots.push_back(i + 100);
  const std::optional<LockParty> back = parse_party(to_record(holder));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->test, holder.test);
  ASSERT_GT(back->slots.size(), 20U);
  for (std::size_t i = 0; i < back->slots.size(); ++i) EXPECT_EQ(back->slots[i], holder.slots[i]);
}

TEST(LockParty, SlotsThatCannotBeAreNone) {
  EXPECT_EQ(parse_slots("3,-1,99999999,4294967297,5"), (std::vector<unsigned>{3, 5}));
}

TEST(LockParty, OfManyAttemptsAroundItTheNearestAreWhole) {
  LockParty deep = party();
  for (int i = 0; i < 60; ++i) deep.around.push_back("run-" + std::to_string(i) + ".1");
  const std::optional<LockParty> back = parse_party(to_record(deep));
  ASSERT_TRUE(back);
  ASSERT_GT(back->around.size(), 10U);
  ASSERT_LT(back->around.size(), deep.around.size());
  for (std::size_t i = 0; i < back->around.size(); ++i) EXPECT_EQ(back->around[i], deep.around[i]);
  EXPECT_EQ(back->tree, deep.tree);
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

TEST(LockParty, ARecordOfAnotherUserDoesNotSteerTheTerminal) {
  LockParty hostile = party();
  hostile.test = "x\x1b[2J\x07y\r";
  hostile.tree = "/a\x7f";
  const std::optional<LockParty> back = parse_party(to_record(hostile));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->test, hostile.test);
  const std::string shown = describe_party(*back);
  EXPECT_NE(shown.find("\"x\\x1b[2J\\x07y\\x0d\""), std::string::npos) << shown;
  EXPECT_NE(shown.find(", tree /a\\x7f)"), std::string::npos) << shown;
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
  // The last field gets the room that is left.
  EXPECT_GT(back->tree.size(), 400U);
  EXPECT_EQ(back->tree, std::string(back->tree.size(), 'd'));
}

TEST(LockParty, ALongTreeIsWholeWhereTheRestIsShort) {
  LockParty deep = party();
  deep.tree = std::string(700, 'd');
  EXPECT_EQ(parse_party(to_record(deep))->tree, deep.tree);
}

TEST(LockParty, WhatIsNotUnderstoodNamesNobody) {
  for (const char* record :
       {"", "\n\n", "v=2\nprocess=4711:99\n", "process=4711:99\n", "v=1\n", "v=1\nprocess=0:99\n",
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
  EXPECT_EQ(describe_obstacles("db@project", held_by(party()), 5200),
            "db@project is held by \"server.start\" (pid 4711, tree /b/debug) for 4.2 s");
  LockParty no_tree = party();
  no_tree.tree.clear();
  EXPECT_EQ(describe_obstacles("db@user", held_by(no_tree), 1000),
            "db@user is held by \"server.start\" (pid 4711) for 0.0 s");
}

TEST(LockWait, WhatStandsInTheWayIsDescribed) {
  LockParty other = party();
  other.test = "other";
  other.tree.clear();
  LockObstacles seen{{party(), other}, {other}, 2, {}};
  EXPECT_EQ(describe_obstacles("db@user", seen, 1000),
            "db@user is held by \"server.start\" (pid 4711, tree /b/debug) for 0.0 s and 1 more; "
            "2 before us, first \"other\" (pid 4711)");
  seen.before[0].elsewhere = true;
  EXPECT_NE(describe_obstacles("db@user", seen, 1000)
                .find("first \"other\" (pid 4711 in another PID namespace)"),
            std::string::npos);
  seen.before[0].elsewhere = false;
  seen.holders[1].stopped = true;
  seen.before[0].stopped = true;
  EXPECT_EQ(describe_obstacles("db@user", seen, 1000),
            "db@user is held by \"other\" (pid 4711, stopped) for 0.0 s and 1 more; "
            "2 before us, of them stopped: \"other\" (pid 4711, stopped)");
  LockObstacles unsaid = seen;
  unsaid.before.clear();
  unsaid.holders.resize(1);
  EXPECT_EQ(describe_obstacles("db@user", unsaid, 1000),
            "db@user is held by \"server.start\" (pid 4711, tree /b/debug) for 0.0 s; 2 before us");
  seen.holders.clear();
  EXPECT_NE(describe_obstacles("db@user", seen, 1000).find("is being handed on; 2 before us"),
            std::string::npos);
  seen.strangers = {"\"sleep 5\" (pid 7)"};
  EXPECT_NE(describe_obstacles("db@user", seen, 1000)
                .find("is held by a process that left no record: \"sleep 5\" (pid 7)"),
            std::string::npos);
  EXPECT_NE(describe_obstacles("db@user", {}, 0).find("left no record (flock(1)?)"),
            std::string::npos);
}

TEST(LockParty, AClockThatWasSetBackAndAForgedTimeAreNoHarm) {
  EXPECT_NE(describe_obstacles("l", held_by(party()), 0).find("for 0.0 s"), std::string::npos);
  const auto forged = parse_party("v=1\nprocess=4711:99\nsince=-9223372036854775808\n");
  ASSERT_TRUE(forged);
  (void)describe_obstacles("l", held_by(*forged), 1795163653120);  // ubsan watches for an overflow
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
