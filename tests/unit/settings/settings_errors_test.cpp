#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

struct Row {
  const char* text;
  const char* error;
};

std::string error_of(const std::string& text, const std::string& profile = "default") {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", profile);
  return settings ? "none" : settings.error().message;
}

constexpr const char* k_duration =
    R"(, expected a duration such as 30, 1.5, "500ms", "5s" or "2m")";

TEST(SettingsErrors, AWrongTypeOrValueIsSaidWithItsLineAndWhatWasExpected) {
  const Row rows[] = {
      {"[profile.default]\ntimeout = true\n", "timeout in [profile.default]: found a boolean"},
      {"[profile.default]\ntimeout = \"soon\"\n", "timeout in [profile.default]: found \"soon\""},
      {"[profile.default]\ntimeout = \"-1s\"\n", "timeout in [profile.default]: found \"-1s\""},
      {"[profile.default]\ntimeout = -3\n", "timeout in [profile.default]: found -3"},
      {"[profile.default]\ngrace = -0.5\n",
       "grace in [profile.default]: found a number that is negative or not finite"},
      {"[profile.default]\ngrace = inf\n",
       "grace in [profile.default]: found a number that is negative or not finite"},
      {"[profile.default]\ngrace = nan\n",
       "grace in [profile.default]: found a number that is negative or not finite"},
      {"[profile.ci]\nlock-timeout = [1]\n", "lock-timeout in [profile.ci]: found an array"},
      {"[[override]]\ntimeout = 1979-05-27\ntest = \"x\"\n",
       "timeout in [[override]]: found a date"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(error_of(row.text), std::string("/p/holdfast.toml:2: ") + row.error + k_duration);
  }
}

TEST(SettingsErrors, AWordThatIsNoneOfThoseThereAreIsSaid) {
  const Row rows[] = {
      {"[profile.default]\non-leak = \"warn\"\n",
       R"(on-leak in [profile.default]: found "warn", expected "kill", "fail" or "ignore")"},
      {"[profile.default]\non-leak = 1\n",
       R"(on-leak in [profile.default]: found an integer, expected "kill", "fail" or "ignore")"},
      {"[profile.default]\nruns = \"no\"\n",
       R"(runs in [profile.default]: found "no", expected "wait", "share", "allow" or "refuse")"},
      {"[profile.default]\ncontainment = \"docker\"\n",
       R"(containment in [profile.default]: found "docker", expected "none", or some of "cgroup", "pidns", "netns" and "tmp" with commas between)"},
      {"[profile.default]\nscratch = false\n",
       R"(scratch in [profile.default]: found a boolean, expected "keep-failed", "keep" or "remove")"},
      {"[profile.ci]\ninherits = 1\n",
       "inherits in [profile.ci]: found an integer, expected the name of a profile"},
      {"[[override]]\ntest = 1\n",
       "test in [[override]]: found an integer, expected a regular expression"},
      {"[[override]]\ntest = \"\"\n",
       "test in [[override]]: found an empty string, expected a regular expression"},
      {"[[override]]\nlabel = []\n",
       "label in [[override]]: found an array, expected the name of a label"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(error_of(row.text), std::string("/p/holdfast.toml:2: ") + row.error);
  }
}

TEST(SettingsErrors, TwoReportsInOneFileAreSaid) {
  const auto error = [](const std::string& reports) {
    return error_of("[profile.default]\nreports = [\n" + reports + "]\n");
  };
  const std::string said = R"(reports in [profile.default]: found "html:b/../a.xml", )"
                           R"(expected another file than that of "junit:a.xml")";
  EXPECT_EQ(error("\"junit:a.xml\",\n\"html:b.xml\",\n\"html:b/../a.xml\""),
            "/p/holdfast.toml:5: " + said);
  EXPECT_EQ(error(R"("text", "github", "html:a.html", "junit:a.xml", "json:b/a.xml")"), "none");
  EXPECT_EQ(error(R"("text:/dev/stdout", "github:/dev/stdout")"), "none");
}

TEST(SettingsErrors, AnUnknownKeyIsSaidWithTheOneThatWasMeant) {
  const struct {
    const char* text;
    const char* beginning;
    const char* end;
  } rows[] = {
      {"[profile.default]\ntimeot = 3\n",
       "2: [profile.default]: found the unknown key \"timeot\", expected timeout, grace, ",
       " (did you mean \"timeout\"?)"},
      {"[profile.default]\nlock_timeout = 3\n",
       "2: [profile.default]: found the unknown key \"lock_timeout\", expected ",
       " (did you mean \"lock-timeout\"?)"},
      {"[profile.default]\nxyzzy = 3\n",
       "2: [profile.default]: found the unknown key \"xyzzy\", expected ", "or preflight"},
      {"timeout = 3\n",
       "1: top level: found the unknown key \"timeout\", expected [profile.NAME], [[override]], "
       "[[known-flaky]], [[affected]], [service.NAME], [build-steps], [cluster] or [preflight]",
       "goes into [profile.default]"},
      {"\n[profiles.ci]\n", "2: top level: found the unknown key \"profiles\"",
       " (did you mean \"profile\"?)"},
      {"[[override]]\ntest = \"a\"\nruns = \"wait\"\n",
       "3: [[override]]: found the unknown key \"runs\", expected ", " or label"},
      {"[[profile.ci.override]]\ntest = \"a\"\ninherits = \"x\"\n",
       "3: [[profile.ci.override]]: found the unknown key \"inherits\"", " or label"},
  };
  for (const auto& row : rows) {
    const std::string error = error_of(row.text);
    const std::string beginning = std::string("/p/holdfast.toml:") + row.beginning;
    const std::string end = row.end;
    EXPECT_EQ(error.substr(0, beginning.size()), beginning);
    ASSERT_GE(error.size(), end.size());
    EXPECT_EQ(error.substr(error.size() - end.size()), end) << error;
  }
}

TEST(SettingsErrors, ABadPatternIsSaidWithWhatIsWrongWithIt) {
  const Row rows[] = {
      {"(", "an unmatched parenthesis"},
      {"a)", "an unmatched parenthesis"},
      {"*a", "`*`: a repetition of nothing"},
      {"a**", "`**`: a repetition of nothing"},
      {"[a", "an unfinished `[`"},
      {"a{3,2}", "`{3,2}`: more than 1000 repetitions in all, or a bad range of them"},
      {"(a{500}){500}", "`{500}`: more than 1000 repetitions in all, or a bad range of them"},
      {"[z-a]", "`z-a`: a bad range within `[…]`"},
      {"^(?!a)",
       "`(?!`: a group of an unknown kind (look-ahead and look-behind are not supported)"},
      {"(a)\\\\1", "a back-reference, which is not supported"},
      {"a\\u0000b", "a NUL, which is not supported"},
      {"\\\\q", "the unknown escape `\\q`"},
      {"\\\\", "an unfinished escape"},
  };
  for (const Row& row : rows) {
    const std::string error =
        error_of(std::string("[[override]]\n\ntest = \"") + row.text + "\"\n");
    EXPECT_EQ(error.rfind("/p/holdfast.toml:3: test in [[override]]: found \"", 0), 0U) << error;
    EXPECT_NE(
        error.find(std::string("\" with ") + row.error + ", expected a regular expression (RE2)"),
        std::string::npos)
        << error;
  }
  std::string large;
  for (int i = 0; i < 20000; ++i) large += "[a-z]{100}";
  const std::string error = error_of("[[override]]\ntest = \"" + large + "\"\n");
  EXPECT_NE(error.find("... with too large, expected"), std::string::npos) << error;
}

TEST(SettingsErrors, TablesInTheWrongShapeAreSaid) {
  const Row rows[] = {
      {"[override]\ntest = \"x\"\n", "1: override: found a table, expected tables [[override]]"},
      {"override = [1]\n", "1: override: found an array, expected tables [[override]]"},
      {"profile = 1\n", "1: profile: found an integer, expected tables [profile.NAME]"},
      {"[profile]\nci = 1\n",
       "2: profile.\"ci\": found an integer, expected a table [profile.NAME]"},
      {"[[profile.ci]]\n",
       "1: profile.\"ci\": found an array of tables, expected a table [profile.NAME]"},
      {"[profile.\"\"]\n",
       "1: profile.\"\": found an unusable name, expected a table [profile.NAME]"},
      {"[profile.\"a\\u0001\"]\n",
       "1: profile.\"a?\": found an unusable name, expected a table [profile.NAME]"},
      {"[profile.ci.override]\ntest = \"x\"\n",
       "1: override: found a table, expected tables [[profile.ci.override]]"},
      {"\n[[override]]\ntimeout = 1\n",
       "2: [[override]]: found neither `test` nor `label`, expected one of them or both"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(error_of(row.text), std::string("/p/holdfast.toml:") + row.error);
  }
}

TEST(SettingsErrors, AnEmptyListOfTablesIsNone) {
  EXPECT_EQ(error_of("override = []\nknown-flaky = []\naffected = []\n"), "none");
}

TEST(SettingsErrors, OfNumbersAndLists) {
  const Row rows[] = {
      // No double is this number.
      {"[profile.default]\njitter = 9007199254740993\n", "jitter in [profile.default]: found "},
      {"[profile.default]\nlocks = [\"a:1/4\", \"a:1/8\"]\n", "locks in [profile.default]: found "},
      {"[profile.default]\npassthrough = [7]\n",
       "passthrough in [profile.default]: found an integer, expected "},
      {"[profile.default]\npassthrough = [\"/a\\u0000b\"]\n",
       "passthrough in [profile.default]: found \"/a?b\", expected "},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(error_of(row.text).rfind(std::string("/p/holdfast.toml:2: ") + row.error, 0), 0U)
        << error_of(row.text);
  }
}

TEST(SettingsErrors, OfTheEnvironment) {
  const Row rows[] = {
      {"[profile.default]\nenvironment = 1\n",
       "2: environment in [profile.default]: found an integer, expected a table of variables and "
       "their values"},
      {"[profile.default.environment]\nA = 1\n",
       "2: A in environment in [profile.default]: found an integer, expected a string (an empty "
       "one "
       "takes the variable out)"},
      {"[profile.default.environment]\nA = \"x\\u0000\"\n",
       "2: A in environment in [profile.default]: found \"x?\", expected a string (an empty one "
       "takes the variable out)"},
      {"[profile.default.environment]\n\"A=B\" = \"x\"\n",
       "2: environment in [profile.default]: found \"A=B\", expected the name of a variable"},
      {"[profile.default.environment]\n\"\" = \"x\"\n",
       "2: environment in [profile.default]: found \"\", expected the name of a variable"},
      {"[profile.default.environment]\n\"A\\u0000\" = \"x\"\n",
       "2: environment in [profile.default]: found \"A?\", expected the name of a variable"},
      {"[profile.default.environment]\nHOLDFAST_X = \"x\"\n",
       "2: environment in [profile.default]: found \"HOLDFAST_X\", expected no variable of "
       "Holdfast's own"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(error_of(row.text), std::string("/p/holdfast.toml:") + row.error);
  }
  const std::string much =
      "[[override]]\ntest = \"x\"\nenvironment = { A = \"" + std::string(20'000, 'a') + "\" }\n";
  EXPECT_EQ(error_of(much), "none");
  const std::string too_much =
      "/p/holdfast.toml:6: environment in [[override]]: found too much, expected at most 32768 "
      "bytes of variables in the whole file";
  EXPECT_EQ(error_of(much + much), too_much);
  // A table that adds nothing is no further mistake.
  EXPECT_EQ(error_of(much + much + "[[override]]\ntest = \"y\"\ntimeout = 1\n"), too_much);
}

TEST(SettingsErrors, InheritanceHasToEndInDefault) {
  const Row rows[] = {
      {"[profile.a]\ninherits = \"b\"\n",
       "2: inherits in [profile.a]: found \"b\", expected the name of a profile: a or default"},
      {"[profile.nightly]\n[profile.a]\ninherits = \"nigthly\"\n",
       "3: inherits in [profile.a]: found \"nigthly\", expected the name of a profile: a, default "
       "or "
       "nightly (did you mean \"nightly\"?)"},
      {"[profile.a]\ninherits = \"a\"\n",
       "2: inherits in [profile.a]: found a cycle (a -> a), expected an end in default"},
      {"[profile.a]\ninherits = \"b\"\n[profile.b]\ninherits = \"c\"\n[profile.c]\ninherits = "
       "\"a\"\n",
       "2: inherits in [profile.a]: found a cycle (a -> b -> c -> a), expected an end in default"},
      {"[profile.x]\ninherits = \"a\"\n[profile.a]\ninherits = \"a\"\n",
       "4: inherits in [profile.a]: found a cycle (a -> a), expected an end in default"},
      // The profile that inherits from it is not wrong, too.
      {"[profile.a]\ninherits = \"b\"\n[profile.b]\ninherits = \"c\"\n",
       "4: inherits in [profile.b]: found \"c\", expected the name of a profile: a, b or default"},
      {"[profile.default]\ninherits = \"ci\"\n[profile.ci]\n",
       "2: inherits in [profile.default]: found a cycle (default -> ci -> default), expected an "
       "end "
       "in default"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(error_of(row.text), std::string("/p/holdfast.toml:") + row.error);
  }
}

TEST(SettingsErrors, WhatIsNotTomlIsSaidInOneLine) {
  for (const char* text : {"[profile.default\n", "\ntimeout 3\n", "a = \"x\n", "[a]\n[a]\n",
                           "a = 1\na = 2\n", "\xff\xfe"}) {
    const std::string error = error_of(text);
    EXPECT_EQ(error.rfind("/p/holdfast.toml:", 0), 0U) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST(SettingsErrors, AProfileThatIsNotThereIsSaidWithThoseThatAre) {
  EXPECT_EQ(error_of("[profile.ci]\n", "c1"),
            "/p/holdfast.toml: found no profile \"c1\", expected ci or default (did you mean "
            "\"ci\"?)");
}

TEST(SettingsErrors, AllMistakesAreSaidByTheirPlaces) {
  const std::string error = error_of(
      "[profile.z]\nscratch = 1\n[profile.a]\nnonsense = 1\n[service.s]\nnonsense = 2\n"
      "[service.t]\ncommand = [\"x\"]\nscope = 3\n[[override]]\n");
  std::vector<std::string> places;
  std::string_view rest = error;
  while (!rest.empty()) {
    const std::string_view line = take_part(rest, '\n');
    places.emplace_back(line.substr(0, line.find(": found")));
  }
  EXPECT_EQ(places, (std::vector<std::string>{
                        "/p/holdfast.toml:2: scratch in [profile.z]",
                        "/p/holdfast.toml:4: [profile.a]", "/p/holdfast.toml:6: [service.s]",
                        "/p/holdfast.toml:9: [service.t]", "/p/holdfast.toml:10: [[override]]"}))
      << error;
}

TEST(SettingsErrors, ManyMistakesAreCounted) {
  std::string text = "[profile.default]\n";
  for (int i = 0; i < 23; ++i) text += "nonsense" + std::to_string(i) + " = 1\n";
  const std::string error = error_of(text);
  EXPECT_EQ(std::ranges::count(error, '\n'), 20);
  EXPECT_TRUE(error.ends_with("\n/p/holdfast.toml: 3 more mistakes")) << error;
}

TEST(SettingsErrors, ProfilesThatAreNotSelectedAreCheckedToo) {
  EXPECT_EQ(error_of("[profile.ci]\nnonsense = 1\n").substr(0, 19), "/p/holdfast.toml:2:");
  EXPECT_EQ(error_of("[[profile.ci.override]]\ntest = \"(\"\n").substr(0, 19),
            "/p/holdfast.toml:2:");
}

}  // namespace
}  // namespace holdfast
