#include "settings/declared_services.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

Result<ServiceSpec> parsed(const std::string& keys) {
  return parse_declared_service(
      "declared-in = \"/s/CMakeLists.txt\"\ndirectory = \"/b\"\n[service.\"db\"]\n" + keys,
      "/b/db.toml");
}

std::string error_of(const std::string& keys) {
  const Result<ServiceSpec> service = parsed(keys);
  return service ? "none" : service.error().message;
}

TEST(DeclaredServices, SayWhereTheyWereDeclared) {
  const Result<ServiceSpec> service = parsed("command = [\"db\"]\nworking-directory = \"sub\"\n");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->name, "db");
  EXPECT_EQ(service->origin, "/s/CMakeLists.txt, holdfast_add_service(db)");
  EXPECT_EQ(service->directory, "/b/sub");
}

TEST(DeclaredServices, WhatAGeneratorExpressionLeftIsAList) {
  const Result<ServiceSpec> service =
      parsed("command = [['''a'''], \"b;c\", \"\", ['''d;;e f'''], [''''''], ['''g;''']]");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->command, (ServiceCommand{"a", "b;c", "", "d", "e f", "g"}));
}

TEST(DeclaredServices, ErrorsNameTheFileOfTheCall) {
  EXPECT_EQ(error_of("command = [['''''']]"),
            "/s/CMakeLists.txt: holdfast_add_service(db): found no `command`, expected one");
  EXPECT_EQ(error_of("command = [\"db\"]\nports = 65"),
            "/s/CMakeLists.txt: ports in holdfast_add_service(db): found 65, expected a number, 0 "
            "to 64");
  EXPECT_EQ(error_of("command = '''a''''''").substr(0, 14), "/b/db.toml:4: ");
  EXPECT_EQ(parse_declared_service("", "/b/db.toml").error().message,
            "/b/db.toml: found no service, expected one");
}

}  // namespace
}  // namespace holdfast
