#include <gtest/gtest.h>

#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

std::string error_of(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/s/holdfast.toml", "default");
  return settings ? "" : settings.error().message;
}

TEST(BuildStepKeys, SignaturesAndMemory) {
  const Result<Settings> settings = parse_settings(
      "[build-steps]\ntransient = [\"No space left\", \"^ld: .* timed out\"]\nmemory = \"8GiB\"\n",
      "/s/holdfast.toml", "default");
  ASSERT_TRUE(settings) << settings.error().message;
  const BuildStepSettings steps = build_step_settings(*settings);
  ASSERT_EQ(steps.transient.size(), 2U);
  EXPECT_EQ(steps.transient[1], "^ld: .* timed out");
  EXPECT_EQ(settings->build_steps[0].origin, "holdfast.toml:2, [build-steps]");
  ASSERT_TRUE(steps.memory_kb);
  EXPECT_EQ(*steps.memory_kb, 8U * 1024 * 1024);
}

TEST(BuildStepKeys, WhatIsNotUnderstoodIsNamed) {
  EXPECT_EQ(error_of("[build-steps]\nmemory = \"8GB\"\n"),
            "/s/holdfast.toml:2: memory in [build-steps]: found \"8GB\", expected a size such as "
            "\"8GiB\" or \"512MiB\"");
  EXPECT_NE(
      error_of("[build-steps]\nmemory = 8\n").find("/s/holdfast.toml:2: memory in [build-steps]"),
      std::string::npos);
  EXPECT_EQ(
      error_of("[build-steps]\ntransient = \"x\"\n"),
      "/s/holdfast.toml:2: transient in [build-steps]: found a string, expected a list of at most "
      "64 regular expressions (RE2) for a line of the output");
  EXPECT_EQ(error_of("[build-steps]\ntransient = [1]\n"),
            "/s/holdfast.toml:2: transient in [build-steps]: found an integer, expected regular "
            "expressions (RE2) for a line of the output");
  EXPECT_NE(error_of("[build-steps]\ntransient = [\"(\"]\n").find("found \"(\" with "),
            std::string::npos);
  // It would fit every output.
  EXPECT_NE(error_of("[build-steps]\ntransient = [\"\"]\n").find("found an empty text"),
            std::string::npos);
  EXPECT_NE(error_of("[build-steps]\ntransients = []\n").find("did you mean \"transient\"?"),
            std::string::npos);
  EXPECT_NE(error_of("build-steps = 1\n").find("expected a table [build-steps]"),
            std::string::npos);
}

TEST(BuildStepKeys, ThereAreAtMost64Signatures) {
  const auto with = [](int number) {
    std::string list;
    for (int i = 0; i < number; ++i) list += "\"x\", ";
    return "[build-steps]\ntransient = [" + list + "]\n";
  };
  EXPECT_EQ(error_of(with(64)), "");
  EXPECT_NE(error_of(with(65)).find("found too many, expected a list of at most 64 "),
            std::string::npos);
}

}  // namespace
}  // namespace holdfast
