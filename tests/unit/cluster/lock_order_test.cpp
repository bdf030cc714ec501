#include "cluster/lock_order.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace holdfast::cluster {
namespace {

using Kind = LockTurn::Kind;

// `x` exclusive, `s` shared, `2/4` two of four slots; with `!` and slots: it has noted them.
ClusterParty party(std::string_view text) {
  ClusterParty party;
  const std::string_view how = take_part(text, '!');
  if (how == "s") party.mode = LockMode::shared;
  if (how.find('/') != how.npos || how.find('B') != how.npos) {
    const Result<LockSpec> spec = parse_lock_spec(text_of({"memory:", how}));
    party.mode = spec->mode;
    party.units = spec->units;
    party.size = spec->size;
  }
  party.has_noted = !text.empty();
  while (!text.empty() && text != "-") {
    party.slots.push_back(static_cast<unsigned>(std::stoul(std::string(take_part(text, '+')))));
  }
  return party;
}

std::vector<ClusterParty> queue(const std::vector<std::string>& parties) {
  std::vector<ClusterParty> made;
  for (const std::string& one : parties) {
    made.push_back(party(one));
    made.back().revision = static_cast<std::int64_t>(made.size());
  }
  return made;
}

TEST(LockOrder, TheLastOfTheQueueHasItsTurnByThoseBeforeIt) {
  const struct {
    std::vector<std::string> parties;
    LockTurn expected;
  } rows[] = {
      {{"x"}, {Kind::has_it, 0, {}}},
      {{"s"}, {Kind::has_it, 0, {}}},
      {{"x", "x"}, {Kind::waits_for_one, 0, {}}},
      {{"x", "x", "x"}, {Kind::waits_for_one, 1, {}}},  // its predecessor alone: no herd
      {{"s", "s"}, {Kind::has_it, 0, {}}},
      {{"s", "x"}, {Kind::waits_for_one, 0, {}}},
      {{"s", "x", "s"}, {Kind::waits_for_one, 1, {}}},  // nobody overtakes a waiting writer
      {{"x", "s", "s"}, {Kind::waits_for_one, 0, {}}},
      {{"1/2"}, {Kind::has_it, 0, {0}}},
      {{"2/3"}, {Kind::has_it, 0, {0, 1}}},
      {{"1/2!0", "1/2"}, {Kind::has_it, 0, {1}}},
      {{"1/2!1", "1/2"}, {Kind::has_it, 0, {0}}},
      {{"1/2!0", "1/2!1", "1/2"}, {Kind::waits_for_any, 0, {}}},
      {{"1/2", "1/2"}, {Kind::waits_for_one, 0, {}}},  // it has not noted yet which slot it has
      {{"1/2!0", "2/2", "1/2"}, {Kind::waits_for_one, 1, {}}},  // it needs more and was first
      {{"x", "1/2"}, {Kind::waits_for_one, 0, {}}},
      {{"1/2!0", "x", "1/2"}, {Kind::waits_for_one, 1, {}}},
      {{"s", "1/2"}, {Kind::has_it, 0, {0}}},
      {{"1/3", "1/2"}, {Kind::refused, 0, {}}},
      {{"1MiB/2MiB", "1/2"}, {Kind::refused, 0, {}}},
      {{"1MiB/3MiB!-", "2MiB/3MiB"}, {Kind::has_it, 0, {}}},
      {{"1MiB/3MiB!-", "1MiB/3MiB!-", "2MiB/3MiB"}, {Kind::waits_for_any, 0, {}}},
      {{"1MiB/3MiB", "1MiB/3MiB"}, {Kind::waits_for_one, 0, {}}},
  };
  for (const auto& row : rows) {
    const std::vector<ClusterParty> parties = queue(row.parties);
    const LockTurn turn = turn_of(parties, parties.size() - 1, {});
    std::string all;
    for (const std::string& one : row.parties) all += one + " ";
    EXPECT_EQ(turn.kind, row.expected.kind) << all;
    EXPECT_EQ(turn.other, row.expected.other) << all;
    EXPECT_EQ(turn.slots, row.expected.slots) << all;
  }
}

TEST(LockOrder, BelowAnAttemptThereIsWhatThatAttemptHas) {
  const LockLevel slots{{}, {2, 5}, 0};
  EXPECT_EQ(turn_of(queue({"1/8"}), 0, slots).slots, (std::vector<unsigned>{2}));
  EXPECT_EQ(turn_of(queue({"1/8!2", "1/8"}), 1, slots).slots, (std::vector<unsigned>{5}));
  EXPECT_EQ(turn_of(queue({"1/8!2", "1/8!5", "1/8"}), 2, slots).kind, Kind::waits_for_any);
  EXPECT_EQ(turn_of(queue({"1/8"}), 0, {{}, {5, 2}, 0}).slots, (std::vector<unsigned>{2}));
  const LockLevel amount{{}, {}, 2048};
  EXPECT_EQ(turn_of(queue({"1MiB/9MiB!-", "1MiB/9MiB"}), 1, amount).kind, Kind::has_it);
  EXPECT_EQ(turn_of(queue({"1MiB/9MiB!-", "2MiB/9MiB"}), 1, amount).kind, Kind::waits_for_any);
}

// Parties come, get their turn and go in any order. Whoever has the lock keeps it, and never more
// have it than may.
TEST(LockOrder, WhoeverHasItIsAloneOrHasRoomWhateverHappens) {
  std::mt19937 random(44);  // NOLINT: the same walk each time
  const char* const hows[] = {"x", "s", "1/3", "2/3", "3/3"};
  for (int walk = 0; walk < 200; ++walk) {
    std::vector<ClusterParty> parties;
    std::vector<std::int64_t> had;
    std::int64_t revision = 0;
    for (int step = 0; step < 100; ++step) {
      if (random() % 2 == 0 || parties.empty()) {
        parties.push_back(party(hows[random() % 5]));
        parties.back().revision = ++revision;
      } else {
        parties.erase(parties.begin() + static_cast<std::ptrdiff_t>(random() % parties.size()));
      }
      // Somebody looks; not everybody does at once.
      for (std::size_t i = 0; i < parties.size(); ++i) {
        ClusterParty& one = parties[i];
        if (one.has_noted || random() % 2 == 0 || !has_units(one.mode)) continue;
        const LockTurn turn = turn_of(parties, i, {});
        ASSERT_NE(turn.kind, Kind::refused);
        if (turn.kind != Kind::has_it) continue;
        one.has_noted = true;
        one.slots = turn.slots;
      }
      std::size_t exclusive = 0;
      std::size_t others = 0;
      std::vector<bool> taken(3);
      std::vector<std::int64_t> have;
      for (std::size_t i = 0; i < parties.size(); ++i) {
        if (!is_holder(parties, i)) continue;
        have.push_back(parties[i].revision);
        ++(parties[i].mode == LockMode::exclusive ? exclusive : others);
        for (const unsigned slot : parties[i].slots) {
          ASSERT_FALSE(taken[slot]) << walk << " " << step;
          taken[slot] = true;
        }
      }
      ASSERT_LE(exclusive, 1U);
      if (exclusive == 1) {
        ASSERT_EQ(others, 0U);
      }
      for (const std::int64_t one : had) {
        const bool is_there = std::ranges::any_of(
            parties, [&](const ClusterParty& party) { return party.revision == one; });
        ASSERT_TRUE(!is_there || std::ranges::find(have, one) != have.end());
      }
      had = have;
    }
  }
}

// Anybody may write keys.
TEST(LockOrder, ALockOfAnySizeHasNoMoreSlotsThanALockMayHave) {
  std::vector<ClusterParty> parties = queue({"1/2"});
  parties[0].size = std::uint64_t{1} << 60;
  EXPECT_EQ(turn_of(parties, 0, {}).slots, (std::vector<unsigned>{0}));
  parties[0].units = k_most_slots + 1;
  EXPECT_EQ(turn_of(parties, 0, {}).kind, Kind::waits_for_any);
}

TEST(LockOrder, AKeyBelowAPrefixIsOfItsLockAndItsLevel) {
  for (const char* const level : {"", "top", "r.1", "a/b"}) {
    const std::string prefix = prefix_of_level("d/b", level);
    const std::optional<LockKey> key = parse_lock_key(prefix + "7");
    ASSERT_TRUE(key) << prefix;
    EXPECT_EQ(key->name, "d/b");
    EXPECT_EQ(key->level, level);
    EXPECT_GT(range_end(prefix), prefix + "zzz");
  }
}

TEST(LockOrder, AKeyNamesItsLockAndItsLevel) {
  const std::optional<LockKey> top = parse_lock_key("holdfast/locks/d%2Fb/top/7");
  ASSERT_TRUE(top);
  EXPECT_EQ(top->name, "d/b");
  EXPECT_EQ(top->level, "");
  EXPECT_EQ(parse_lock_key("holdfast/locks/db/below-r.1/7")->level, "r.1");
  for (const char* const key :
       {"", "holdfast/locks/", "holdfast/locks//top/7", "holdfast/locks/db/top/",
        "holdfast/locks/db/top", "holdfast/locks/db/side/7", "other/locks/db/top/7"}) {
    EXPECT_FALSE(parse_lock_key(key)) << key;
  }
}

TEST(LockOrder, TheWordsForAWaitNameAHolderAndTheFirstWaiter) {
  std::vector<ClusterParty> parties = queue({"x", "x", "s"});
  parties[0].test = "server.start";
  parties[0].host = "h1";
  parties[0].pid = 7;
  parties[1].test = "orders";
  parties[1].host = "h2";
  parties[1].tree = "/b";
  EXPECT_EQ(describe_obstacles("db@cluster", parties, 2),
            "db@cluster is held by \"server.start\" (pid 7 on h1); 1 before us, first \"orders\" "
            "(pid 0 on h2, tree /b)");
  EXPECT_EQ(describe_obstacles("db@cluster", parties, 1),
            "db@cluster is held by \"server.start\" (pid 7 on h1)");
  ClusterParty foreign;
  foreign.key = "holdfast/locks/db/top/mine";
  parties[0] = foreign;
  EXPECT_EQ(describe_obstacles("db@cluster", parties, 1),
            "db@cluster is held by the key holdfast/locks/db/top/mine, which is not Holdfast's");
}

}  // namespace
}  // namespace holdfast::cluster
