#include "values/build_step.hpp"

#include <gtest/gtest.h>

#include <random>

#include "settings/command_line.hpp"

namespace holdfast {
namespace {

TEST(StepSlots, APatternFitsTheWholeText) {
  struct Row {
    const char* pattern;
    const char* text;
    bool fits;
  };
  for (const Row& row :
       {Row{"*", "", true}, Row{"", "", true}, Row{"", "a", false}, Row{"a?c", "abc", true},
        Row{"a?c", "ac", false}, Row{"*.o", "x/y.c.o", true}, Row{"*.o", "x.o.d", false},
        Row{"*a*b", "xaxbxb", true}, Row{"*a*b", "xaxbxbx", false}, Row{"**", "any", true},
        Row{"a", "A", false}}) {
    EXPECT_EQ(fits(row.pattern, row.text), row.fits) << row.pattern << " on " << row.text;
  }
}

// The plain recursive way to write it.
bool fits_plainly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return fits_plainly(pattern.substr(1), text) ||
           (!text.empty() && fits_plainly(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         fits_plainly(pattern.substr(1), text.substr(1));
}

TEST(StepSlots, AnyPatternFitsWhatItShould) {
  std::mt19937 random(7);
  const auto some = [&](std::string_view letters, std::size_t most) {
    std::string text;
    for (std::size_t n = random() % (most + 1); n > 0; --n)
      text += letters[random() % letters.size()];
    return text;
  };
  for (int round = 0; round < 20'000; ++round) {
    const std::string pattern = some("ab*?", 7);
    const std::string text = some("ab", 9);
    ASSERT_EQ(fits(pattern, text), fits_plainly(pattern, text)) << pattern << " on " << text;
  }
}

TEST(StepSlots, ANumberOrMemoryAndNothingElse) {
  const Result<StepSlots> counted = parse_step_slots("a=b*=2");
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->pattern, "a=b*");
  EXPECT_EQ(counted->count, 2U);
  const Result<StepSlots> by_memory = parse_step_slots("*=memory");
  ASSERT_TRUE(by_memory);
  EXPECT_EQ(by_memory->count, 0U);
  const Result<StepSlots> most = parse_step_slots("*=1024");
  ASSERT_TRUE(most);
  EXPECT_EQ(most->count, 1024U);
  for (const char* wrong : {"", "*", "=1", "*=", "*=0", "*=1025", "*=-1", "*=2x", "*=Memory"}) {
    const Result<StepSlots> slots = parse_step_slots(wrong);
    ASSERT_FALSE(slots) << wrong;
    EXPECT_EQ(slots.error().message, "\"" + std::string(wrong) +
                                         "\": expected PATTERN=N with 1 <= N <= 1024, or "
                                         "PATTERN=memory");
  }
}

TEST(StepSlots, TheLockIsNamedAfterThePattern) {
  const LockSpec lock = lock_of(StepKind::compile, {"*/a:b*", 3});
  EXPECT_EQ(to_text(lock), "holdfast-compile-*!a!b*-3:1/3@user");
  EXPECT_TRUE(parse_lock_spec(to_text(lock)));
}

TEST(StepSlots, OfSeveralOnTheCommandLineTheFirstThatFitsCounts) {
  const Result<CommandLine> line = parse_command_line(
      {"--step=compile", "--slots=*b*=1", "--slots=*a*=memory", "--slots=*=2", "--", "cc"});
  ASSERT_TRUE(line);
  const auto pattern_for = [&](std::string_view output) {
    const StepSlots* slots = slots_for(output, line->slots);
    return slots == nullptr ? std::string("none") : slots->pattern;
  };
  EXPECT_EQ(pattern_for("dir/a.o"), "*a*");
  EXPECT_EQ(pattern_for("ab.o"), "*b*");
  EXPECT_EQ(pattern_for("c.o"), "*");
  EXPECT_EQ(slots_for("c.o", {{"*b*", 1}}), nullptr);
  EXPECT_FALSE(parse_command_line({"--slots=*=1", "--", "cc"}));
}

}  // namespace
}  // namespace holdfast
