#include "history/past_run.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

Attempt ended(Outcome outcome, std::optional<int> exit_code, std::optional<int> signal = {}) {
  Attempt attempt;
  attempt.has_ended = true;
  attempt.outcome = outcome;
  attempt.exit_code = exit_code;
  attempt.signal = signal;
  attempt.wall_s = 1.25;
  return attempt;
}

TEST(Signature, WhatDiffersFromRunToRunIsLeftOut) {
  const struct {
    const char* text;
    const char* expected;
  } rows[] = {
      {"value 17 of 0x7ffe12ab34, 3.25 s", "value # of #, # s"},
      {"cannot open /tmp/holdfast.x12/a/data.db: gone", "cannot open data.db: gone"},
      {"in ./src/net.cpp and ../b/c.cpp", "in net.cpp and c.cpp"},
      {"int64 v2 a_3", "int64 v2 a_3"},
      {"a/b and 1/2 and / and //", "a/b and #/# and / and //"},
      {"at 0xDEADBEEF, 0Xff, 0x and 0xg", "at #, #, #x and #xg"},
      {"it took 12.", "it took #."},
      {"in /tmp/\xC3\xA4/a.db", "in a.db"},
      {"two\nlines", "two\\nlines"},
      {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(bounded_signature(row.text), row.expected) << row.text;
}

TEST(Signature, ItIsOneShortLineOfWholeCharacters) {
  EXPECT_EQ(bounded_signature(std::string(1000, 'x')), std::string(197, 'x') + "...");
  std::string umlauts = "x";
  for (int i = 0; i < 500; ++i) umlauts += "\xC3\xA4";
  const std::string cut = bounded_signature(umlauts);
  EXPECT_LE(cut.size(), 200U);
  EXPECT_TRUE(cut.ends_with("\xC3\xA4...")) << cut;
}

TEST(Signature, TheWordsOfTheFailureCountAndThenItsEnd) {
  const Attempt failed = ended(Outcome::failed, 1);
  EXPECT_EQ(signature_of(failed, "/home/a/net_test.cpp:12: Failure\nExpected: 3\n"),
            "net_test.cpp: Expected: #");
  EXPECT_EQ(signature_of(failed, "/b/c/net_test.cpp:99: Failure\nExpected: 4\n"),
            "net_test.cpp: Expected: #");
  EXPECT_EQ(signature_of(failed, "no words"), "failed: exit code 1");
  EXPECT_EQ(signature_of(ended(Outcome::crashed, {}, 11), ""), "crashed: signal 11 (SIGSEGV)");
  EXPECT_EQ(signature_of(ended(Outcome::timed_out, {}), ""), "timed_out");
  EXPECT_EQ(signature_of(Attempt{}, ""), "interrupted");
}

}  // namespace
}  // namespace holdfast
