#include "base/environment.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::vector<std::string> entries(TestEnvironment& environment) {
  std::vector<std::string> found;
  for (char** entry = environment.environ(); *entry != nullptr; ++entry) found.emplace_back(*entry);
  return found;
}

TEST(TestEnvironment, OnlyTheUsersOwnSettingsOfOurPrefixPassToTheTest) {
  const struct {
    const char* entry;
    bool passes;
  } rows[] = {
      {"PATH=/bin", true},
      {"", true},
      {"NOEQUALS", true},
      {"holdfast_x=1", true},
      {"XHOLDFAST_ATTACH=1", true},
      {"HOLDFAST=1", true},
      {"HOLDFAST_DISABLE=1", true},
      {"HOLDFAST_DISABLE", true},
      {"HOLDFAST_PROFILE=ci=x", true},
      {"HOLDFAST_LOG=debug", true},
      {"HOLDFAST_CLUSTER_ENDPOINTS=http://a:1", true},
      {"HOLDFAST_CLUSTER_PASSWORD=x", false},
      {"HOLDFAST_=", false},
      {"HOLDFAST_DISABLED=1", false},
      {"HOLDFAST_LOGS=1", false},
      {"HOLDFAST_ATTACH=1 2 3 1 p /t", false},
      {"HOLDFAST_P_LOCKS=db", false},
      {"HOLDFAST_HELD=db@project#r.1", false},
      {"HOLDFAST_TEST_NAME=outer", false},
      {"HOLDFAST_SLOT_GPU=1", false},
  };
  for (const auto& row : rows) EXPECT_EQ(passes_to_test(row.entry), row.passes) << row.entry;
}

TEST(TestEnvironment, WhatWeSayReplacesWhatAnOuterAttemptSaid) {
  char path[] = "PATH=/bin";
  char outer[] = "HOLDFAST_TEST_NAME=outer";
  char log[] = "HOLDFAST_LOG=x";
  char* inherited[] = {path, outer, log, nullptr};
  TestEnvironment environment(inherited);
  environment.set("HOLDFAST_TEST_NAME", "inner");
  environment.set("HOLDFAST_ATTEMPT", "1");
  EXPECT_EQ(entries(environment),
            (std::vector<std::string>{"PATH=/bin", "HOLDFAST_LOG=x", "HOLDFAST_TEST_NAME=inner",
                                      "HOLDFAST_ATTEMPT=1"}));
}

TEST(TestEnvironment, ManyAndLongValuesStayWhereTheyWereGiven) {
  char* nothing[] = {nullptr};
  TestEnvironment environment(nothing);
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    const std::string name = "N" + std::to_string(i);
    const std::string value(static_cast<std::size_t>(i), 'v');
    environment.set(name, value);
    expected.push_back(name + "=" + value);
  }
  EXPECT_EQ(entries(environment), expected);
}

TEST(TestEnvironment, AnEmptyOneIsANullTerminatedList) {
  char* nothing[] = {nullptr};
  TestEnvironment environment(nothing);
  EXPECT_EQ(*environment.environ(), nullptr);
}

std::vector<std::string> entries_of(std::vector<std::string> inherited) {
  std::vector<char*> raw;
  for (std::string& entry : inherited) raw.push_back(entry.data());
  raw.push_back(nullptr);
  TestEnvironment environment(raw.data());
  return entries(environment);
}

TEST(TestEnvironment, WhatAnAttemptFurtherOutAskedOfItsProgramIsNotAskedOfThisOne) {
  const std::vector<std::string> seen =
      entries_of({"TEST_PREMATURE_EXIT_FILE=/m/googletest-runs", "GTEST_OUTPUT=xml:/m/x.xml",
                  "HOLDFAST_MARKER_DIR=/m", "GTEST_COLOR=/m"});
  EXPECT_EQ(seen, (std::vector<std::string>{"GTEST_COLOR=/m"}));
  // The user has set these.
  const std::vector<std::string> own = {"TEST_PREMATURE_EXIT_FILE=/mine", "GTEST_OUTPUT=xml:/mine"};
  std::vector<std::string> all = own;
  all.emplace_back("HOLDFAST_MARKER_DIR=/m");
  EXPECT_EQ(entries_of(all), own);
  EXPECT_EQ(entries_of(own), own);
  EXPECT_TRUE(entries_of({"HOLDFAST_MARKER_DIR"}).empty());
}

TEST(TestEnvironment, WhatTheUserHasSetStaysEvenIfItIsEmpty) {
  char longer[] = "GTEST_OUTPUT_DIR=/mine";
  char empty[] = "TMPDIR=";
  char bare[] = "BARE";
  char* inherited[] = {longer, empty, bare, nullptr};
  TestEnvironment environment(inherited);
  EXPECT_TRUE(environment.has("TMPDIR"));
  EXPECT_FALSE(environment.has("GTEST_OUTPUT"));
  EXPECT_FALSE(environment.has("TMP"));
  EXPECT_FALSE(environment.has("BARE"));
  EXPECT_FALSE(environment.set_if_absent("TMPDIR", "/t"));
  EXPECT_TRUE(environment.set_if_absent("GTEST_OUTPUT", "xml:/m"));
  EXPECT_EQ(entries(environment), (std::vector<std::string>{"GTEST_OUTPUT_DIR=/mine", "TMPDIR=",
                                                            "BARE", "GTEST_OUTPUT=xml:/m"}));
}

}  // namespace
}  // namespace holdfast
