#include "hunting/culprit_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace holdfast {
namespace {

using Kind = Culprits::Kind;
using Indexes = std::vector<std::size_t>;

constexpr std::size_t k_cases = 199;  // before the last of 200

bool has_all(const Indexes& before, const Indexes& wanted) {
  return std::ranges::includes(before, wanted);
}

Culprits culprits(std::size_t count, const std::function<bool(const Indexes&)>& fails) {
  std::size_t runs = 0;
  Result<Culprits> found = find_culprits(count, [&](const Indexes& before) -> Result<bool> {
    ++runs;
    EXPECT_TRUE(std::ranges::is_sorted(before));
    EXPECT_TRUE(before.empty() || before.back() < count);
    return fails(before);
  });
  EXPECT_TRUE(found);
  EXPECT_EQ(found->runs, runs);
  return found ? *found : Culprits();
}

TEST(FindCulprits, FindsEachSingleOneInTwentyRuns) {
  for (std::size_t culprit = 0; culprit < k_cases; ++culprit) {
    const Culprits found =
        culprits(k_cases, [&](const Indexes& before) { return has_all(before, {culprit}); });
    EXPECT_EQ(found.kind, Kind::found);
    EXPECT_EQ(found.indexes, Indexes{culprit});
    EXPECT_LE(found.runs, 20U);
  }
}

TEST(FindCulprits, FindsAPairInSixtyRuns) {
  for (const auto& pair : {Indexes{0, 198}, {0, 1}, {197, 198}, {50, 150}, {99, 100}}) {
    const Culprits found =
        culprits(k_cases, [&](const Indexes& before) { return has_all(before, pair); });
    EXPECT_EQ(found.indexes, pair);
    EXPECT_LE(found.runs, 60U);
  }
}

TEST(FindCulprits, FindsThreeThatMustComeTogether) {
  const Indexes three{3, 77, 180};
  const Culprits found =
      culprits(k_cases, [&](const Indexes& before) { return has_all(before, three); });
  EXPECT_EQ(found.indexes, three);
}

TEST(FindCulprits, OfTwoThatDoItAloneOneIsEnough) {
  const Culprits found = culprits(k_cases, [&](const Indexes& before) {
    return has_all(before, {20}) || has_all(before, {120});
  });
  EXPECT_EQ(found.indexes, Indexes{20});
}

// 10 poisons, and 60 heals what it did; 100 poisons for good.
TEST(FindCulprits, IsNotLedAstrayByOneThatHeals) {
  const Culprits found = culprits(k_cases, [&](const Indexes& before) {
    return has_all(before, {100}) || (has_all(before, {10}) && !has_all(before, {60}));
  });
  EXPECT_EQ(found.kind, Kind::found);
  EXPECT_EQ(found.indexes.size(), 1U);
  EXPECT_TRUE(found.indexes[0] == 100 || found.indexes[0] == 10);
}

// Which beginning was sought first makes 150 one of them, although 20 alone is enough.
TEST(FindCulprits, LeavesOutWhatIsNotNeeded) {
  const Culprits found = culprits(k_cases, [&](const Indexes& before) {
    return has_all(before, {20}) && (before.size() == 1 || has_all(before, {150}));
  });
  EXPECT_EQ(found.indexes, Indexes{20});
}

TEST(FindCulprits, OneThatFailsAloneNeedsNone) {
  const Culprits found = culprits(k_cases, [](const Indexes&) { return true; });
  EXPECT_EQ(found.kind, Kind::alone);
  EXPECT_EQ(found.runs, 3U);
}

TEST(FindCulprits, OneThatNeverFailsHasNone) {
  const Culprits found = culprits(k_cases, [](const Indexes&) { return false; });
  EXPECT_EQ(found.kind, Kind::never);
  EXPECT_EQ(found.runs, 6U);
}

TEST(FindCulprits, OneThatFailsNowAndThenIsRefused) {
  for (const std::size_t when : {0U, 1U, 2U}) {  // alone
    std::size_t runs = 0;
    EXPECT_EQ(culprits(k_cases, [&](const Indexes&) { return runs++ == when; }).kind,
              Kind::unstable);
  }
  for (const std::size_t when : {3U, 4U, 5U}) {  // after all
    std::size_t runs = 0;
    EXPECT_EQ(
        culprits(k_cases, [&](const Indexes& before) { return runs++ != when && !before.empty(); })
            .kind,
        Kind::unstable);
  }
}

TEST(FindCulprits, OneThatPassesAfterItsCulpritNowAndThenIsRefused) {
  int alone_with_it = 0;
  const Culprits found = culprits(k_cases, [&](const Indexes& before) {
    return has_all(before, {5}) && (before.size() > 1 || ++alone_with_it < 3);
  });
  EXPECT_EQ(found.kind, Kind::unstable);
}

TEST(FindCulprits, NobodyBeforeItIsNoCulprit) {
  EXPECT_EQ(culprits(0, [](const Indexes&) { return false; }).kind, Kind::never);
}

TEST(FindCulprits, AnErrorOfAProbeEndsTheSearch) {
  const Result<Culprits> found =
      find_culprits(k_cases, [](const Indexes&) -> Result<bool> { return ErrorInWords{"no"}; });
  ASSERT_FALSE(found);
  EXPECT_EQ(to_text(found.error()), "no");
}

}  // namespace
}  // namespace holdfast
