#include <gtest/gtest.h>

#include "settings/pattern.hpp"
#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

std::vector<AffectedRule> rules_in(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", "default");
  EXPECT_TRUE(settings) << text;
  return settings ? settings->affected : std::vector<AffectedRule>{};
}

std::string error_of(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", "default");
  return settings ? "none" : to_text(settings.error());
}

TEST(Affected, ATableHasTextsOrListsOfThem) {
  const auto rules = rules_in(R"(
[[affected]]
files = ["data/**", "x"]
tests = "^db\\."
[[affected]]
ignore = "*.md"
)");
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].files, (Strings{"data/**", "x"}));
  EXPECT_EQ(rules[0].tests, Strings{"^db\\."});
  EXPECT_EQ(rules[0].origin, "holdfast.toml:2, [[affected]]");
  EXPECT_EQ(rules[1].ignore, Strings{"*.md"});
}

TEST(Affected, DocumentationIsHoldfastsListUnlessTheFileHasOne) {
  const AffectedPatterns own(rules_in(""));
  for (const char* file : {"README", "README.txt", "sub/README.md", "ChangeLog", "NEWS.0",
                           "LICENSE", "AUTHORS", "doc/x.png", "a/docs/b/c.cpp", "x.rst"})
    EXPECT_TRUE(own.is_documentation(file)) << file;
  for (const char* file : {"README_test.cpp", "news.cpp", "docs", "x.md/y", "src/documents/x"})
    EXPECT_EQ(own.is_documentation(file), std::string_view(file) == "x.md/y") << file;
  const AffectedPatterns two(
      rules_in("[[affected]]\ndocumentation = ['man/']\n[[affected]]\ndocumentation = '*.7'\n"));
  EXPECT_TRUE(two.is_documentation("man/x"));
  EXPECT_TRUE(two.is_documentation("x.7"));
  EXPECT_FALSE(two.is_documentation("README"));
  const AffectedPatterns first(
      rules_in("[[affected]]\ndocumentation = 'man/'\n[[affected]]\nignore = '*.x'\n"));
  EXPECT_TRUE(first.is_documentation("man/x"));
  EXPECT_FALSE(first.is_documentation("README"));
  const AffectedPatterns none(rules_in("[[affected]]\ndocumentation = []\n"));
  EXPECT_FALSE(none.is_documentation("README"));
}

TEST(Affected, WhatIsNotUnderstoodIsAnError) {
  const std::string globs = "a glob for files, or a list of such, such as [\"data/**\"]";
  const struct {
    std::string text;
    std::string error;
  } cases[] = {
      {"",
       "[[affected]]: found none of its keys, expected `files` with `tests`, `ignore` or "
       "`documentation`"},
      {"files = 'a'",
       "[[affected]]: found `files` without `tests`, expected `files` with `tests`, `ignore` or "
       "`documentation`"},
      {"tests = 'a'\nignore = 'b'",
       "[[affected]]: found `tests` without `files`, expected `files` with `tests`, `ignore` or "
       "`documentation`"},
      {"ignore = []", "ignore in [[affected]]: found an empty list, expected " + globs},
      {"ignore = [1]", "ignore in [[affected]]: found an integer, expected " + globs},
      {"ignore = ''", "ignore in [[affected]]: found an empty string, expected " + globs},
      {"ignore = '[[:nothing:]]'",
       "ignore in [[affected]]: found \"[[:nothing:]]\" with `[:nothing:]`: "},
      {"ignore = '[z-a]'",
       "ignore in [[affected]]: found \"[z-a]\" with `z-a`: a bad range within "
       "`[…]`, expected " +
           globs},
      {"files = 'a'\ntests = '('",
       "tests in [[affected]]: found \"(\" with an unmatched parenthesis, expected a regular "
       "expression (RE2)"},
      {"test = 'a'\nignore = 'b'",
       "[[affected]]: found the unknown key \"test\", expected files, "
       "tests, ignore or documentation (did you mean \"tests\"?)"},
  };
  for (const auto& one : cases) {
    EXPECT_NE(error_of("[[affected]]\n" + one.text + "\n").find(one.error), std::string::npos)
        << one.text << "\n"
        << error_of("[[affected]]\n" + one.text + "\n");
  }
  EXPECT_EQ(error_of("affected = 1\n"),
            "/p/holdfast.toml:1: affected: found an integer, expected tables [[affected]]");
}

TEST(Affected, AGlobFitsAsInGitignore) {
  const struct {
    std::string glob;
    Strings fits;
    Strings others;
  } cases[] = {
      {"*.md", {"a.md", "x/y/b.md", ".md", "dir.md/inside"}, {"a.mdx", "md"}},
      {"text", {"text", "text/a", "x/text/b"}, {"text2", "a.text"}},
      {"text/", {"text/a", "x/text/b/c"}, {"text", "text2/a"}},
      {"/text", {"text", "text/a"}, {"x/text"}},
      {"./text", {"text", "text/a"}, {"x/text"}},
      {"a/b", {"a/b", "a/b/c"}, {"x/a/b", "a/bc"}},
      {"a/*.c", {"a/x.c", "a/.c"}, {"a/b/x.c", "x/a/x.c"}},
      {"a/**", {"a/b", "a/b/c"}, {"a", "ab/c"}},
      {"a/**/z", {"a/z", "a/b/z", "a/b/c/z"}, {"a/bz", "az"}},
      {"**/x", {"x", "a/x", "a/b/x"}, {"ax"}},
      {"a**b", {"ab", "axb"}, {"a/b"}},
      {"**b", {"ab", "x/b"}, {"ba"}},
      {"?.c", {"a.c", "x/b.c"}, {"ab.c", "/.c"}},
      {"[a-c!].h", {"a.h", "!.h"}, {"d.h"}},
      {"[!a-c].h", {"d.h"}, {"a.h", "/.h"}},
      {"[]].h", {"].h"}, {"a.h"}},
      {"a[b", {"a[b"}, {"ab"}},
      {"[", {"["}, {"a"}},
      {"[[:alpha:]", {"[a", "[:"}, {"a", "[b"}},
      {"[a\\", {"[a\\"}, {"a", "[a"}},
      {"a[\\]", {"a[]"}, {"a", "a\\"}},
      {"[[:digit:]x].h", {"3.h", "x.h"}, {"d.h", ":.h"}},
      {"[!-a].h", {"b.h", "0.h"}, {"a.h", "-.h"}},
      {"[!a-].h", {"b.h"}, {"a.h", "-.h"}},
      {"[![:digit:]].h", {"d.h", ":.h"}, {"3.h"}},
      {"[[:].h", {"[.h", ":.h"}, {"a.h"}},
      {"[a\\]b].h", {"a.h", "].h", "b.h"}, {"\\.h"}},
      {"a\\*b+(c)|$", {"a*b+(c)|$"}, {"axb+(c)|$"}},
      {"../web/**", {"../web/a/b"}, {"web/a", "../other"}},
      {"ü.txt", {"ü.txt"}, {"u.txt"}},
      {"new\nline", {"new\nline", "x\ny/new\nline"}, {"newline"}},
  };
  for (const auto& one : cases) {
    const AffectedPatterns patterns({{{}, {}, {one.glob}, {}}});
    for (const std::string& path : one.fits) {
      EXPECT_TRUE(patterns.is_ignored(path)) << one.glob << " " << path;
    }
    for (const std::string& path : one.others) {
      EXPECT_FALSE(patterns.is_ignored(path)) << one.glob << " " << path;
    }
  }
}

TEST(Affected, ARuleFitsFilesAndTests) {
  const AffectedPatterns patterns({{{"data/**", "*.sql"}, {"^db", "net$"}, {}, {}},
                                   {{}, {}, {"text/"}, {}},
                                   {{"data/big"}, {"big"}, {}, {}}});
  EXPECT_EQ(patterns.rules_for("data/x"), std::vector<std::size_t>{0});
  EXPECT_EQ(patterns.rules_for("data/big"), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(patterns.rules_for("text/a"), std::vector<std::size_t>{});
  EXPECT_TRUE(patterns.is_ignored("text/a"));
  EXPECT_FALSE(patterns.is_ignored("data/x"));
  EXPECT_TRUE(patterns.fits(0, "db.insert"));
  EXPECT_TRUE(patterns.fits(0, "a.net"));
  EXPECT_FALSE(patterns.fits(0, "network"));
}

}  // namespace
}  // namespace holdfast
