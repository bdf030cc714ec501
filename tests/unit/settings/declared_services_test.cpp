#include "settings/declared_services.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

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

class DeclaredServicesOnDisk : public testing::Test {
 protected:
  DeclaredServicesOnDisk() {
    std::string pattern = (fs::temp_directory_path() / "holdfast-services.XXXXXX").string();
    tree_ = ::mkdtemp(pattern.data());
  }
  ~DeclaredServicesOnDisk() override {
    std::error_code ignored;
    fs::remove_all(tree_, ignored);
  }

  void declare(const std::string& file, const std::string& name) const {
    const fs::path path = tree_ / ".holdfast/services" / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "declared-in = \"/s/CMakeLists.txt\"\ndirectory = \"/b\"\n[service."
                        << name << "]\ncommand = [\"x\"]\n";
  }
  // `db web `
  std::string declared(const std::string& configuration) const {
    const Result<std::vector<ServiceSpec>> services =
        declared_services(tree_.string(), configuration);
    if (!services) return services.error().message;
    std::string names;
    for (const ServiceSpec& one : *services) names += one.name + " ";
    return names;
  }

  fs::path tree_;
};

TEST_F(DeclaredServicesOnDisk, OfATreeWithoutConfigurationsAreThereForEach) {
  EXPECT_EQ(declared(""), "");
  declare("web.toml", "web");
  declare("db.toml", "db");
  for (const char* configuration : {"", "Debug"}) EXPECT_EQ(declared(configuration), "db web ");
}

TEST_F(DeclaredServicesOnDisk, OfAnotherConfigurationAreNotThere) {
  declare("Debug/db.toml", "db");
  EXPECT_EQ(declared(""), "db ");  // it is the only one
  declare("Release/web.toml", "web");
  EXPECT_EQ(declared("DEBUG"), "db ");
  EXPECT_EQ(declared(""),
            "services are declared for each configuration: found no `ctest -C`, expected Debug or "
            "Release");
}

TEST_F(DeclaredServicesOnDisk, AreFilesOfTomlOnly) {
  declare("db.toml", "db");
  declare("db.toml.tmp1", "half_written");
  EXPECT_EQ(declared(""), "db ");
}

}  // namespace
}  // namespace holdfast
