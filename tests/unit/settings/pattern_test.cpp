#include "settings/pattern.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string port_in(const std::string& pattern, std::string_view text) {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  EXPECT_TRUE(compiled);
  return compiled->group_in(text, "port").value_or("none");
}

TEST(Pattern, GivesTheGroupOfAName) {
  EXPECT_EQ(port_in("(http|ws)://[^:]*:(?P<port>[0-9]+)", "on ws://localhost:8080/"), "8080");
  EXPECT_EQ(port_in("(?P<port>[0-9]+)", "no number"), "none");
  EXPECT_EQ(port_in("ready( on (?P<port>[0-9]+))?", "ready"), "none");
}

TEST(Pattern, GivesTheOnlyGroup) {
  EXPECT_EQ(port_in("port ([0-9]+)", "at port 81 and port 82"), "81");
  EXPECT_EQ(port_in("(a|b) ([0-9]+)", "a 81"), "none");
  EXPECT_EQ(port_in("port [0-9]+", "port 81"), "none");
}

TEST(Pattern, KnowsWhetherAGroupHasTheName) {
  EXPECT_TRUE(Pattern::compile("(a)(?P<port>b)")->names_group("port"));
  EXPECT_FALSE(Pattern::compile("(a)")->names_group("port"));
}

}  // namespace
}  // namespace holdfast
