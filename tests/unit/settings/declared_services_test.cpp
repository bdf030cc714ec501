#include "settings/declared_services.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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
        declared_services({}, tree_.string(), configuration);
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
  EXPECT_EQ(declared("Fast"),
            "services are declared for each configuration: found `ctest -C Fast`, expected Debug "
            "or Release");
}

TEST_F(DeclaredServicesOnDisk, OneThatIsWrongIsNamed) {
  declare("db.toml", "db");
  declare("web.toml", "web]\n[");
  EXPECT_TRUE(declared("").starts_with((tree_ / ".holdfast/services/web.toml:").string()))
      << declared("");
}

// A service of holdfast.toml and one that is declared, both of that user.
std::string user_of_services(const fs::path& tree, const std::string& user) {
  Settings settings;
  for (const char* name : {"a", "b"}) {
    ServiceSpec service;
    service.name = name;
    service.origin = std::string("of ") + name;
    if (*name == 'b') service.user = user;
    settings.services.push_back(service);
  }
  const Result<std::vector<ServiceSpec>> services = services_of_tree(settings, tree.string(), "");
  if (!services) return services.error().message;
  std::string names;
  for (const ServiceSpec& one : *services) names += one.name + (one.other_user ? "! " : " ");
  return names;
}

TEST_F(DeclaredServicesOnDisk, AUserMustBeKnownAndOnlyRootNamesAnother) {
  declare("db.toml", "db");
  const bool is_root = ::geteuid() == 0;
  EXPECT_EQ(user_of_services(tree_, ""), "a b db ");
  EXPECT_EQ(user_of_services(tree_, "nobody"),
            is_root ? "a b! db "
                    : "of b: `user` is \"nobody\", expected who runs ctest, as only root can say "
                      "another");
  if (is_root) {
    EXPECT_EQ(user_of_services(tree_, "root"), "a b db ");
  }
  EXPECT_TRUE(user_of_services(tree_, "no such user").starts_with("of b: "));
}

TEST_F(DeclaredServicesOnDisk, NobodyButRootNamesAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes another user";
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_other = ::setresuid(65534, 65534, 65534) == 0;
    const bool is_refused =
        user_of_services(tree_, "root") ==
        "of b: `user` is \"root\", expected who runs ctest, as only root can say "
        "another";
    ::_exit(is_other && is_refused ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(DeclaredServicesOnDisk, AreFilesOfTomlOnly) {
  declare("db.toml", "db");
  declare("db.toml.tmp1", "half_written");
  EXPECT_EQ(declared(""), "db ");
}

TEST_F(DeclaredServicesOnDisk, OneThatIsALinkIsRefused) {
  declare("db.toml", "db");
  const fs::path link = tree_ / ".holdfast/services/web.toml";
  fs::create_symlink("db.toml", link);
  EXPECT_EQ(declared(""),
            "use " + link.string() + ": it is a symbolic link; expected a file that Holdfast made");
}

}  // namespace
}  // namespace holdfast
