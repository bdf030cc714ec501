#include <gtest/gtest.h>

#include "settings/pattern.hpp"
#include "settings/project_settings.hpp"
#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

constexpr const char* k_list = R"(
[[known-flaky]]
tests = "^net\\."
signature = "Connection reset by peer$"
issue = "PROJ-12"
expires = 2026-12-31

[[known-flaky]]
tests = "slow|net.dns"
signature = "timed out after \\d+ s"
issue = "https://example.org/7"
expires = "2026-01-31"
attempts = 1
)";

Settings settings_of(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", "default");
  EXPECT_TRUE(settings) << settings.error().message;
  return settings ? *settings : Settings{};
}

std::string error_of(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", "default");
  return settings ? "none" : settings.error().message;
}

TEST(KnownFlakes, IsReadWithItsOrigins) {
  const std::vector<KnownFlaky> entries = settings_of(k_list).known_flaky;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].tests, "^net\\.");
  EXPECT_EQ(entries[0].flake, (KnownFlake{"Connection reset by peer$", "PROJ-12", 2}));
  EXPECT_EQ(to_text(entries[0].expires), "2026-12-31");
  EXPECT_EQ(entries[0].origin, "holdfast.toml:2, [[known-flaky]]");
  EXPECT_EQ(entries[1].flake.attempts, 1U);
  EXPECT_EQ(to_text(entries[1].expires), "2026-01-31");
}

TEST(KnownFlakes, FitsByNameAndDayAndSaysWhatHasExpired) {
  const Settings settings = settings_of(k_list);
  const ProjectSettings in_january(settings, *parse_day("2026-01-31"));
  EXPECT_EQ(in_january.note(), "");
  EXPECT_EQ(in_january.values_for("net.dns", "").size(), 2U);
  EXPECT_EQ(in_january.values_for("net.http", "").size(), 1U);
  EXPECT_EQ(in_january.values_for("a.slow.one", "")[0].text.substr(0, 26),
            "1 21 https://example.org/7");
  EXPECT_TRUE(in_january.values_for("subnet", "").empty());
  EXPECT_EQ(in_january.values_for(std::string(200'000, 'x') + ".slow.", "").size(), 1U);
  const ProjectSettings in_february(settings, *parse_day("2026-02-01"));
  EXPECT_EQ(in_february.values_for("net.dns", "").size(), 1U);
  EXPECT_EQ(in_february.note(),
            "ignoring known-flaky \"slow|net.dns\" (https://example.org/7), which expired on "
            "2026-01-31");
  const ProjectSettings later(settings, *parse_day("2027-01-01"));
  EXPECT_TRUE(later.values_for("net.dns", "").empty());
  EXPECT_EQ(later.note(),
            "ignoring known-flaky \"^net\\.\" (PROJ-12), which expired on 2026-12-31, "
            "\"slow|net.dns\" (https://example.org/7), which expired on 2026-01-31");
}

TEST(KnownFlakes, WhatIsWrongIsSaidWithItsLineAndWhatWasExpected) {
  const std::string whole =
      "[[known-flaky]]\ntests = \"a\"\nsignature = \"b\"\nissue = \"c\"\nexpires = 2026-01-01\n";
  ASSERT_EQ(error_of(whole), "none");
  const struct {
    const char* line;
    const char* instead;
    const char* error;
  } rows[] = {
      {"tests = \"a\"\n", "",
       "1: [[known-flaky]]: found no `tests`, expected a regular expression for names of tests"},
      {"signature = \"b\"\n", "",
       "1: [[known-flaky]]: found no `signature`, expected a regular expression for a line of the "
       "output"},
      {"issue = \"c\"\n", "",
       "1: [[known-flaky]]: found no `issue`, expected where it is being dealt with"},
      {"expires = 2026-01-01\n", "",
       "1: [[known-flaky]]: found no `expires`, expected the last day on which it holds, such as "
       "2026-12-31"},
      {"signature = \"b\"\n", "signature = \"(\"\n",
       "3: signature in [[known-flaky]]: found \"(\" with an unmatched parenthesis, expected "
       "a regular expression (RE2)"},
      {"issue = \"c\"\n", "issue = 7\n",
       "4: issue in [[known-flaky]]: found an integer, expected where it is being dealt with"},
      {"expires = 2026-01-01\n", "expires = \"soon\"\n",
       "5: expires in [[known-flaky]]: found \"soon\", expected the last day on which it holds, "
       "such as 2026-12-31"},
      {"expires = 2026-01-01\n", "expires = 2026-01-01T00:00:00Z\n",
       "5: expires in [[known-flaky]]: found a date and time, expected the last day on which it "
       "holds, such as 2026-12-31"},
      {"issue = \"c\"\n", "issue = \"c\"\nattempts = 0.5\n",
       "5: attempts in [[known-flaky]]: found a number, expected a number of further attempts, 0 "
       "to 1000"},
      {"issue = \"c\"\n", "issue = \"c\"\ntest = \"x\"\n",
       "5: [[known-flaky]]: found the unknown key \"test\", expected tests, signature, issue, "
       "expires or attempts (did you mean \"tests\"?)"},
  };
  for (const auto& row : rows) {
    std::string text = whole;
    text.replace(text.find(row.line), std::string(row.line).size(), row.instead);
    EXPECT_EQ(error_of(text), std::string("/p/holdfast.toml:") + row.error);
  }
  EXPECT_EQ(error_of("known-flaky = 3\n"),
            "/p/holdfast.toml:1: known-flaky: found an integer, expected tables [[known-flaky]]");
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += "[[known-flaky]]\ntests = \"a\"\nsignature = \"" + std::string(100, 'b') +
            "\"\nissue = \"c\"\nexpires = 2026-01-01\n";
  }
  EXPECT_NE(error_of(many).find("[[known-flaky]]: found too much, expected at most 16384 bytes"),
            std::string::npos);
}

TEST(Signatures, AreFoundInOneLineOfTheOutput) {
  const std::vector<std::string> signatures{"reset by peer$", "^FATAL: .*db", "\\d{3}-\\d"};
  const struct {
    std::string output;
    std::optional<std::size_t> found;
  } rows[] = {
      {"", std::nullopt},
      {"ok\nread: Connection reset by peer\nbye\n", 0},
      {"read: Connection reset by peer\r\n", 0},
      {"reset by peer again\n", std::nullopt},
      {"x\nFATAL: no db\n", 1},
      {"x FATAL: no db\n", std::nullopt},
      {"FATAL: no\ndb\n", std::nullopt},
      {"code 123-4", 2},
      {"123-4\nreset by peer\n", 0},
      {std::string("a\0b 123-4", 9), 2},
  };
  for (const auto& row : rows) EXPECT_EQ(*signature_in(row.output, signatures), row.found);
  EXPECT_FALSE(signature_in("", {"good", "("}));
}

}  // namespace
}  // namespace holdfast
