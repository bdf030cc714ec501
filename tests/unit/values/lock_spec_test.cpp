#include "values/lock_spec.hpp"
#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

LockSpec spec(std::string_view text) {
  Result<LockSpec> parsed = parse_lock_spec(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : LockSpec{};
}

TEST(LockSpec, ASpecIsANameThenAModeThenAScope) {
  const struct {
    const char* text;
    LockSpec expected;
  } rows[] = {
      {"db", {"db", LockMode::exclusive, 1, 1, LockScope::project}},
      {"db:shared", {"db", LockMode::shared, 1, 1, LockScope::project}},
      {"gpu:1/4@machine", {"gpu", LockMode::counted, 1, 4, LockScope::machine}},
      {"gpu:4/4", {"gpu", LockMode::counted, 4, 4, LockScope::project}},
      {"gpu:1024/1024@user", {"gpu", LockMode::counted, 1024, 1024, LockScope::user}},
      {"vram:6GiB/24GiB@machine",
       {"vram", LockMode::amount, 6U << 20U, 24U << 20U, LockScope::machine}},
      {"memory:6GiB", {"memory", LockMode::amount, 6U << 20U, 0, LockScope::user}},
      {"memory:512MiB@machine", {"memory", LockMode::amount, 512U << 10U, 0, LockScope::machine}},
      {"memory:1TiB/2TiB",
       {"memory", LockMode::amount, 1U << 30U, std::uint64_t{2} << 30U, LockScope::project}},
      {"memory", {"memory", LockMode::exclusive, 1, 1, LockScope::project}},
      {"a b.c@build", {"a b.c", LockMode::exclusive, 1, 1, LockScope::build}},
      {"..", {"..", LockMode::exclusive, 1, 1, LockScope::project}},
      {"\xC3\xA9", {"\xC3\xA9", LockMode::exclusive, 1, 1, LockScope::project}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(spec(row.text), row.expected) << row.text;
    EXPECT_EQ(spec(to_text(row.expected)), row.expected) << row.text;
  }
}

TEST(LockSpec, WhatIsNotOneIsRefusedWithTheTextAndWhatWasExpected) {
  const struct {
    const char* text;
    const char* reason;
  } rows[] = {
      {"", "the name is empty"},
      {"@user", "the name is empty"},
      {":shared", "the name is empty"},
      {"a@", "after `@` expected build, project, user, machine or cluster, found \"\""},
      {"a@User", "found \"User\""},
      {"a@user@user", "found \"user@user\""},
      {"a@user:shared", "found \"user:shared\""},
      {"a:", "after `:` expected `shared`, K/N or SIZE/SIZE, found \"\""},
      {"a:6GiB", "expected SIZE/SIZE, a part and the whole, such as 6GiB/24GiB, found \"6GiB\""},
      {"memory:6GB", "such as 6GiB/24GiB or 6GiB, found \"6GB\""},
      {"a:6GiB/4GiB", "expected SIZE/SIZE"},
      {"a:6GiB/24", "expected SIZE/SIZE"},
      {"a:6/24GiB", "expected SIZE/SIZE"},
      {"a:6GiB/24GiB/1", "expected SIZE/SIZE"},
      {"a:0GiB/4GiB", "expected SIZE/SIZE"},
      {"a:1GiB/1025TiB/", "expected SIZE/SIZE"},
      {"a:1.5GiB/4GiB", "expected SIZE/SIZE"},
      {"memory:6GiB/", "expected SIZE/SIZE"},
      {"a:exclusive", "found \"exclusive\""},
      {"a:shared:shared", "found \"shared:shared\""},
      {"a:0/4", "1 <= K <= N <= 1024"},
      {"a:5/4", "1 <= K <= N <= 1024"},
      {"a:1/1025", "1 <= K <= N <= 1024"},
      {"a:1/4294967297", "1 <= K <= N <= 1024"},
      {"a:/", "1 <= K <= N <= 1024"},
      {"a:1/", "1 <= K <= N <= 1024"},
      {"a:-1/4", "1 <= K <= N <= 1024"},
      {"a:1/4/4", "1 <= K <= N <= 1024"},
      {"a,b", "cannot hold"},
      {"a;b", "cannot hold"},
      {"a/b", "cannot hold"},
      {"a\nb", "cannot hold"},
      {"a\x7f", "cannot hold"},
  };
  for (const auto& row : rows) {
    const Result<LockSpec> parsed = parse_lock_spec(row.text);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_NE(parsed.error().message.find(row.reason), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.rfind("lock \"" + std::string(row.text), 0), 0U);
  }
}

TEST(LockSpec, ANameHasAtMostTwoHundredBytesOnDisk) {
  EXPECT_TRUE(parse_lock_spec(std::string(200, 'a')));
  EXPECT_FALSE(parse_lock_spec(std::string(201, 'a')));
  EXPECT_TRUE(parse_lock_spec(std::string(66, ' ')));
  EXPECT_FALSE(parse_lock_spec(std::string(67, ' ')));  // each is three bytes
  EXPECT_TRUE(promote_resource_lock(std::string(200, 'a')));
  EXPECT_FALSE(promote_resource_lock(std::string(201, 'a')));
}

TEST(LockSpec, AnyTextButTheEmptyOneIsAResourceLock) {
  for (const char* name : {"db", "a:b", "a@user", "a/b", "a,b", "..", "line\nbreak"}) {
    const Result<LockSpec> promoted = promote_resource_lock(name);
    ASSERT_TRUE(promoted) << name;
    EXPECT_EQ(*promoted, (LockSpec{name, LockMode::exclusive, 1, 1, LockScope::project}));
  }
  EXPECT_FALSE(promote_resource_lock(""));
}

TEST(LockSpec, WhateverIsAcceptedIsReadBackFromItsText) {
  RandomText random(7);
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = random.of("ab:/@14sharedusermchin ", 16);
    const Result<LockSpec> parsed = parse_lock_spec(text);
    if (!parsed) continue;
    EXPECT_EQ(spec(to_text(*parsed)), *parsed) << text;
  }
}

TEST(CanonicalLocks, TheSameLockNamedTwiceIsTakenOnceInItsStrongerMode) {
  const struct {
    std::vector<const char*> asked;
    std::vector<const char*> taken;
  } rows[] = {
      {{}, {}},
      {{"b", "a"}, {"a@project", "b@project"}},
      {{"z@build", "a@machine", "m@user", "a"}, {"z@build", "a@project", "m@user", "a@machine"}},
      {{"a", "a"}, {"a@project"}},
      {{"a:shared", "a"}, {"a@project"}},
      {{"a", "a:shared"}, {"a@project"}},
      {{"a:shared", "a:shared"}, {"a:shared@project"}},
      {{"a:1/4", "a:3/4", "a:2/4"}, {"a:3/4@project"}},
      {{"a", "a@user"}, {"a@project", "a@user"}},
      {{"a:1GiB/4GiB", "a:3GiB/4GiB", "a:2GiB/4GiB"}, {"a:3GiB/4GiB@project"}},
      {{"memory:1GiB", "memory:1024MiB@user"}, {"memory:1GiB@user"}},
  };
  for (const auto& row : rows) {
    std::vector<LockSpec> specs;
    for (const char* text : row.asked) specs.push_back(spec(text));
    const Result<std::vector<LockSpec>> locks = canonical_locks(specs);
    ASSERT_TRUE(locks);
    std::vector<std::string> texts;
    for (const LockSpec& lock : *locks) texts.push_back(to_text(lock));
    EXPECT_EQ(texts, std::vector<std::string>(row.taken.begin(), row.taken.end()));
  }
}

TEST(CanonicalLocks, OneNameAskedForWithTwoSizesIsRefused) {
  const char* rows[][2] = {{"a:1GiB/4GiB", "a:1GiB/5GiB"},
                           {"a:1GiB/4GiB", "a"},
                           {"a:1GiB/4GiB", "a:1/4"},
                           {"memory:1GiB@user", "memory:1GiB/4GiB@user"},
                           {"a:shared", "a:1GiB/4GiB"},
                           {"a:1/4", "a:1/5"},
                           {"a:1/4", "a"},
                           {"a", "a:1/4"},
                           {"a:1/1", "a:shared"}};
  for (const auto& row : rows) {
    const auto locks = canonical_locks({spec(row[0]), spec(row[1])});
    ASSERT_FALSE(locks) << row[0] << ' ' << row[1];
    EXPECT_NE(locks.error().message.find("one name has one size"), std::string::npos);
  }
}

TEST(CanonicalLocks, TheOrderDoesNotDependOnHowTheyWereAskedFor) {
  std::vector<LockSpec> specs;
  for (const char* text : {"a@machine", "a:shared", "b@build", "a", "c:1/3", "c:2/3", "b"}) {
    specs.push_back(spec(text));
  }
  const std::vector<LockSpec> expected = *canonical_locks(specs);
  RandomText random(8);
  for (int i = 0; i < 500; ++i) {
    for (std::size_t k = specs.size(); k > 1; --k) {
      std::swap(specs[k - 1], specs[random.below(static_cast<unsigned>(k))]);
    }
    const Result<std::vector<LockSpec>> locks = canonical_locks(specs);
    ASSERT_TRUE(locks);
    EXPECT_EQ(*locks, expected);
  }
}

TEST(FileNames, AllButAFewCharactersAreEncoded) {
  const struct {
    std::string_view text;
    const char* name;
  } rows[] = {
      {"db", "db"},           {"a.b_c+d-E9", "a.b_c+d-E9"},
      {"a b", "a%20b"},       {".", "%2E"},
      {"..", "%2E."},         {".hidden", "%2Ehidden"},
      {"a/b", "a%2Fb"},       {"%", "%25"},
      {"\xC3\xA9", "%C3%A9"}, {std::string_view("a\0b", 3), "a%00b"},
      {"\n", "%0A"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(encode_file_name(row.text), row.name);
    EXPECT_EQ(decode_file_name(row.name), row.text);
  }
}

TEST(FileNames, AnyTextIsReadBackAndIsNeverAPath) {
  RandomText random(9);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = i % 2 == 0 ? random.bytes(20) : random.of("./%2E\0", 6);
    const std::string name = encode_file_name(text);
    EXPECT_EQ(decode_file_name(name), text) << name;
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_EQ(name.find('\0'), std::string::npos);
    EXPECT_FALSE(!name.empty() && name[0] == '.') << name;
    EXPECT_EQ(name.empty(), text.empty());
  }
}

TEST(FileNames, TextThatIsNotWellFormedIsReturnedAsItIs) {
  for (const char* text : {"%", "a%", "a%2", "%zz", "%2g", "a%2f", "%41%4"}) {
    EXPECT_EQ(decode_file_name(text), text);
  }
}

TEST(LockSpec, ASlotVariableIsTheNameInCapitals) {
  EXPECT_EQ(slot_variable("gpu"), "GPU");
  EXPECT_EQ(slot_variable("Tcp port-80.x"), "TCP_PORT_80_X");
}

TEST(LockSpec, TwoCountedLocksWithOneSlotVariableAreRefused) {
  const auto canonical = [](const char* a, const char* b) {
    return static_cast<bool>(canonical_locks({*parse_lock_spec(a), *parse_lock_spec(b)}));
  };
  EXPECT_FALSE(canonical("gpu-a:1/2", "gpu.a:1/2"));
  EXPECT_FALSE(canonical("gpu:1/2@user", "gpu:1/2@machine"));
  EXPECT_TRUE(canonical("gpu-a:1/2", "gpu.a"));
  EXPECT_TRUE(canonical("gpu:1/2", "gpu2:1/2"));
}

TEST(CanonicalLocks, ARefusalNamesBothLocks) {
  const auto why = [](const char* one, const char* other) {
    const auto locks = canonical_locks({spec(one), spec(other)});
    return locks ? std::string("none") : to_text(locks.error());
  };
  EXPECT_EQ(why("a:1/4", "a:1/5"),
            "lock \"a:1/5@project\": also asked for as \"a:1/4@project\"; one name has one size");
  EXPECT_EQ(why("gpu-a:1/2", "gpu.a:1/2"),
            "lock \"gpu.a:1/2@project\": its slots and those of \"gpu-a:1/2@project\" would both "
            "be HOLDFAST_SLOT_GPU_A");
  EXPECT_EQ(why("gpu-a@cluster", "gpu.a@cluster"),
            "lock \"gpu.a@cluster\": its fence and that of \"gpu-a@cluster\" would both be "
            "HOLDFAST_FENCE_GPU_A");
  EXPECT_EQ(why("gpu-a@cluster", "gpu.a@user"), "none");
}

}  // namespace
}  // namespace holdfast
