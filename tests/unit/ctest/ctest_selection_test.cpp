#include "ctest/ctest_options.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Arguments = std::vector<std::string>;

using By = CtestSelection::By;
using Tests = std::vector<std::string>;

CtestSelection selection(Arguments arguments, const char* version = "3.25.1") {
  arguments.insert(arguments.begin(), "/usr/bin/ctest");
  return ctest_selection(arguments, version);
}

TEST(CtestSelection, ACtestThatNamesItsTestsRunsSingles) {
  for (const Arguments& arguments : {
           Arguments{"-R", "^t1$"},
           Arguments{"--tests-regex", "^t1$"},
           Arguments{"-I", "3,3"},
           Arguments{"--tests-information", "3,3,1,7,9"},
           Arguments{"-T", "test", "-j8", "-C", "Debug", "--output-on-failure", "-R", "^t1$"},
           Arguments{"-j", "8", "--timeout", "30", "-R", "^t1$", "--extra-verbose"},
           Arguments{"--test-dir", "/b", "-R", "^t1$", "-E", ".*", "-L", "fast",
                     "--no-tests=error"},
           Arguments{"-R", "^t1$", "--repeat", "until-fail:3", "--output-junit", "-R"},
       }) {
    EXPECT_FALSE(selection(arguments).is_whole()) << testing::PrintToString(arguments);
  }
}

TEST(CtestSelection, InDoubtItIsAWholeRun) {
  for (const Arguments& arguments : {
           Arguments{},
           Arguments{"-j8"},
           Arguments{"-R", "t1"},
           Arguments{"-R"},
           Arguments{"-E", "-R", "^t1$"},              // this -R is the value of -E
           Arguments{"-R", "^t1$", "-R", "^t2$"},      // the last counts, or both
           Arguments{"-R", "^t1$", "-I", "3,3"},       // -U may become ctest's default
           Arguments{"-R", "^t1$", "-U"},              // -U is the union
           Arguments{"-R", "^t1$", "--rerun-failed"},  // selects tests itself
           Arguments{"--preset", "ci", "-R", "^t1$"},  // a preset may select, too
           Arguments{"-R", "^t1$", "--resource-spec-file", "gpus.json"},
           Arguments{"-j", "-R", "^t1$"},  // takes a value before CMake 3.29
           Arguments{"-R", "^t1$", "-j"},
           Arguments{"-jx", "-R", "^t1$"},
           Arguments{"-j", "", "-R", "^t1$"},
           Arguments{"-T", "memcheck", "-R", "^t1$"},
           Arguments{"-S", "script.cmake"},
           Arguments{"-R", "^t1$", "stray"},
           Arguments{"-R", "^t1$", "--of-a-later-version"},
           Arguments{"-I", "3,4"},
           Arguments{"-N", "-R", "^t1$"},
           Arguments{"-I", "3,3", "-E", "t1"},  // -I counts what the others leave
           Arguments{"-L", "fast", "-I", "3,3"},
           Arguments{"-I", "3,3", "--label-exclude", "slow"},
       }) {
    EXPECT_TRUE(selection(arguments).is_whole()) << testing::PrintToString(arguments);
  }
}

// An older ctest ignores the option and runs all tests.
TEST(CtestSelection, AFileOfTestsIsKnownSinceCMake329) {
  const Arguments arguments{"--tests-from-file", "names.txt"};
  for (const char* version : {"3.25.1", "3.28.6", "", "3", "x.y"}) {
    EXPECT_EQ(selection(arguments, version).by, By::nothing) << version;
  }
  for (const char* version : {"3.29", "3.29.0-rc1", "3.31.6", "4.0.1", "4.3.4"}) {
    EXPECT_EQ(selection(arguments, version).by, By::file) << version;
  }
}

TEST(CtestSelection, AnExpressionNamesTestsWhereItIsLiteralsAndOneGroup) {
  const std::vector<std::pair<const char*, Tests>> table{
      {"^t1$", {"t1"}},
      {"^net\\.get$", {"net.get"}},
      {"^net\\.(get|put)$", {"net.get", "net.put"}},
      {"^(a|b|c)$", {"a", "b", "c"}},
      {"^(a)$", {"a"}},
      {"^a(b|c)d$", {"abd", "acd"}},
      {"^a b/c{1}$", {"a b/c{1}"}},
      {"^\\^\\$\\.\\[\\]\\*\\+\\?\\(\\)\\|\\\\$", {"^$.[]*+?()|\\"}},
      {"^a\\-b$", {"a-b"}},
      {"^sp\xc3\xa4t$", {"sp\xc3\xa4t"}},
  };
  for (const auto& [expression, names] : table)
    EXPECT_EQ(names_in(expression), names) << expression;
}

TEST(CtestSelection, AnyOtherExpressionMayMatchAnything) {
  for (const char* expression :
       {"",       "^",      "$",     "^$",      "t1",     "^t1",      "t1$",          "^t.$",
        "^t*$",   "^t+$",   "^t?$",  "^t[12]$", "^a|b$",  "^a$|^b$",  "^(a|b)(c|d)$", "^(a|(b|c))$",
        "^(a|)$", "^(|a)$", "^()$",  "^(a|b$",  "^a|b)$", "^(a|b)+$", "^t1\\$",       "^\\w$",
        "^\\1$",  "^t1$$",  "^^t1$", "^t]$",    "^t1\\",  "^(a",      "^(\\w)$",      "^(a)\\w$"}) {
    EXPECT_EQ(names_in(expression), std::nullopt) << expression;
  }
}

TEST(CtestSelection, IndexesAreNamedWhereStartIsEnd) {
  const std::vector<std::pair<const char*, Tests>> table{
      {"3,3", {"3"}},         {"3,3,1", {"3"}},
      {"3,3,,7", {"3", "7"}}, {"3,3,1,7,09", {"3", "7", "9"}},
      {"0,0,0,7", {"7"}},     {"0,0,0,7,8", {"7", "8"}},
      {"03,3", {"3"}},
  };
  for (const auto& [information, indexes] : table) {
    EXPECT_EQ(indexes_in(information), indexes) << information;
  }
  for (const char* information :
       {"", "0,0", "3", "3,", ",3", "3,4", "1,2", ",,,7", "3,3,x", "3,3,1,7-9", "3,3,1,7,x", "3 ,3",
        "tests.txt", "-1,-1", "99999999999,99999999999"}) {
    EXPECT_EQ(indexes_in(information), std::nullopt) << information;
  }
}

TEST(CtestSelection, TwoMeetWhereOneTestMayBeOfBoth) {
  const CtestSelection a{By::names, {"a"}};
  const CtestSelection b{By::names, {"b"}};
  const CtestSelection ab{By::names, {"b", "a"}};
  const CtestSelection third{By::indexes, {"3"}};
  const CtestSelection file{By::file, {"/names"}};
  EXPECT_FALSE(may_meet(a, b));
  EXPECT_TRUE(may_meet(a, a));
  EXPECT_TRUE(may_meet(a, ab));
  EXPECT_TRUE(may_meet(ab, b));
  EXPECT_FALSE(may_meet(third, {By::indexes, {"4"}}));
  EXPECT_TRUE(may_meet(third, third));
  EXPECT_TRUE(may_meet(a, third));  // any test may have that index
  EXPECT_TRUE(may_meet(file, file));
  EXPECT_TRUE(may_meet(a, {}));
  EXPECT_TRUE(may_meet({}, {}));
}

}  // namespace
}  // namespace holdfast
