#include "values/service_spec.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string read(std::string_view text) {
  const Result<ServiceUse> use = parse_service_use(text);
  return use ? to_text(*use) : to_text(use.error());
}

TEST(ServiceUse, IsSharedWhereNothingElseIsSaid) {
  EXPECT_EQ(parse_service_use("db")->mode, ServiceMode::shared);
  EXPECT_EQ(read("db:shared"), "db");
  EXPECT_EQ(read("db:exclusive"), "db:exclusive");
  EXPECT_EQ(read("my-db_2.1:fresh"), "my-db_2.1:fresh");
}

TEST(ServiceUse, IsRefusedInOneLine) {
  const std::string name =
      ": expected NAME[:shared|:exclusive|:fresh], where NAME has letters, digits, `_`, `-` and "
      "`.`";
  EXPECT_EQ(read(""), "\"\"" + name);
  EXPECT_EQ(read("a/b"), "\"a/b\"" + name);
  EXPECT_EQ(read(":shared"), "\":shared\"" + name);
  EXPECT_EQ(read("two words"), "\"two words\"" + name);
  const std::string longest(64, 'x');
  EXPECT_EQ(read(longest), longest);
  EXPECT_EQ(read(longest + "x"), "\"" + longest + "x\"" + name);
  EXPECT_EQ(read("db:alone"), "\"db:alone\": expected shared, exclusive or fresh after `:`");
  EXPECT_EQ(read("db:"), "\"db:\": expected shared, exclusive or fresh after `:`");
}

TEST(ServiceUse, NamedTwiceIsTheStricterOne) {
  std::vector<ServiceUse> uses;
  add_use({"db", ServiceMode::exclusive}, uses);
  add_use({"web", ServiceMode::shared}, uses);
  add_use({"db", ServiceMode::shared}, uses);
  add_use({"web", ServiceMode::fresh}, uses);
  const std::vector<ServiceUse> expected{{"db", ServiceMode::exclusive},
                                         {"web", ServiceMode::fresh}};
  EXPECT_EQ(uses, expected);
}

}  // namespace
}  // namespace holdfast
