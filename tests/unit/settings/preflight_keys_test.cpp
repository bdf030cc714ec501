#include <gtest/gtest.h>

#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

Preflight preflight_in(const std::string& text, const std::string& profile = "default") {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", profile);
  EXPECT_TRUE(settings) << settings.error().message;
  return settings ? settings->preflight : Preflight{};
}

std::string error_of(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", "default");
  return settings ? "none" : settings.error().message;
}

constexpr const char* k_text = R"(
[preflight]
ports = [5432, 8080]
sockets = ["/run/docker.sock"]
commands = ["docker", "/opt/bin/psql"]
disk = { "." = "2GiB" }

[preflight.warn]
disk = { "/tmp" = "500MiB" }
commands = ["gdb"]

[profile.ci.preflight]
ports = []
disk = { "." = "20GiB" }

[profile.ci.preflight.warn]
ports = [9000]

[profile.nightly]
inherits = "ci"

[profile.nightly.preflight]
commands = ["podman"]
)";

TEST(PreflightKeys, AreReadWithTheirTypesAndPlaces) {
  const Preflight preflight = preflight_in(k_text);
  ASSERT_TRUE(preflight.fail.ports && preflight.fail.sockets && preflight.fail.commands);
  EXPECT_EQ(preflight.fail.ports->all, (std::vector<std::uint16_t>{5432, 8080}));
  EXPECT_EQ(preflight.fail.ports->origin, "holdfast.toml:3, [preflight]");
  EXPECT_EQ(preflight.fail.sockets->all, std::vector<std::string>{"/run/docker.sock"});
  EXPECT_EQ(preflight.fail.commands->all, (std::vector<std::string>{"docker", "/opt/bin/psql"}));
  ASSERT_TRUE(preflight.fail.disk);
  EXPECT_EQ(preflight.fail.disk->all, (std::vector<DiskNeed>{{".", 2 * 1024 * 1024}}));
  ASSERT_TRUE(preflight.warn.disk);
  EXPECT_EQ(preflight.warn.disk->all, (std::vector<DiskNeed>{{"/tmp", 500 * 1024}}));
  EXPECT_EQ(preflight.warn.disk->origin, "holdfast.toml:9, [preflight.warn]");
  EXPECT_FALSE(preflight.warn.ports);
}

TEST(PreflightKeys, AProfileReplacesKeyByKeyAndInherits) {
  const Preflight ci = preflight_in(k_text, "ci");
  EXPECT_TRUE(ci.fail.ports->all.empty());
  EXPECT_EQ(ci.fail.disk->all, (std::vector<DiskNeed>{{".", 20 * 1024 * 1024}}));
  EXPECT_EQ(ci.fail.disk->origin, "holdfast.toml:14, [profile.ci.preflight]");
  EXPECT_EQ(ci.fail.commands->all.size(), 2U);
  EXPECT_EQ(ci.warn.ports->all, std::vector<std::uint16_t>{9000});
  EXPECT_EQ(ci.warn.commands->all, std::vector<std::string>{"gdb"});
  const Preflight nightly = preflight_in(k_text, "nightly");
  EXPECT_EQ(nightly.fail.commands->all, std::vector<std::string>{"podman"});
  EXPECT_TRUE(nightly.fail.ports->all.empty());
  EXPECT_EQ(nightly.warn.ports->all, std::vector<std::uint16_t>{9000});
}

TEST(PreflightKeys, TheDefaultProfileHasItsOwnBesideWhatHoldsForAll) {
  const std::string text =
      "[preflight]\nports = [1]\ncommands = [\"a\"]\n"
      "[profile.default.preflight]\nports = [2]\n[profile.ci.preflight]\ncommands = []\n";
  for (const char* profile : {"default", "ci"}) {
    const Preflight preflight = preflight_in(text, profile);
    ASSERT_TRUE(preflight.fail.ports && preflight.fail.commands);
    EXPECT_EQ(preflight.fail.ports->all, std::vector<std::uint16_t>{2}) << profile;
    EXPECT_EQ(preflight.fail.commands->all.empty(), profile == std::string("ci"));
  }
}

TEST(PreflightKeys, NothingSaidIsNothingNeeded) {
  EXPECT_TRUE(preflight_in("").is_empty());
  EXPECT_TRUE(preflight_in("[preflight]\n").is_empty());
  EXPECT_TRUE(preflight_in("[preflight]\nports = []\ndisk = {}\n").is_empty());
  EXPECT_FALSE(preflight_in("[preflight]\nports = [1]\n").is_empty());
  EXPECT_FALSE(preflight_in("[preflight.warn]\nsockets = [\"a\"]\n").is_empty());
}

TEST(PreflightKeys, WhatIsNotUnderstoodIsSaidWithItsLineAndWhatWasExpected) {
  const std::string ports = ", expected a list of TCP ports such as [5432, 8080]";
  const std::string sockets = ", expected a list of paths such as [\"/run/docker.sock\"]";
  const std::string commands =
      ", expected a list of programs such as [\"docker\", \"/opt/bin/psql\"]";
  const std::string disk =
      ", expected a table of directories and sizes such as { \".\" = \"2GiB\", \"/tmp\" = "
      "\"500MiB\" }";
  const struct {
    std::string text;
    std::string error;
  } rows[] = {
      {"[preflight]\nports = 5432\n", "2: ports in [preflight]: found an integer" + ports},
      {"[preflight]\nports = [0]\n", "2: ports in [preflight]: found 0" + ports},
      {"[preflight]\nports = [65536]\n", "2: ports in [preflight]: found 65536" + ports},
      {"[preflight]\nports = [\"http\"]\n", "2: ports in [preflight]: found \"http\"" + ports},
      {"[preflight.warn]\nports = [true]\n",
       "2: ports in [preflight.warn]: found a boolean" + ports},
      {"[preflight]\nsockets = [\"\"]\n", "2: sockets in [preflight]: found \"\"" + sockets},
      {"[preflight]\ncommands = \"docker\"\n",
       "2: commands in [preflight]: found a string" + commands},
      {"[preflight]\ndisk = \"2GiB\"\n", "2: disk in [preflight]: found a string" + disk},
      {"[preflight]\ndisk = { \"/tmp\" = 2 }\n", "2: disk in [preflight]: found 2" + disk},
      {"[preflight]\ndisk = { \"\" = \"1GiB\" }\n", "2: disk in [preflight]: found \"\"" + disk},
      {"[preflight]\ndisk = { \"/t\\u0000\" = \"1GiB\" }\n",
       "2: disk in [preflight]: found \"/t?\"" + disk},
      {"[preflight]\ndisk = { \"/tmp\" = \"2GB\" }\n",
       "2: disk in [preflight]: found \"2GB\"" + disk},
      {"[preflight]\nport = [1]\n",
       "2: [preflight]: found the unknown key \"port\", expected ports, sockets, commands, disk or "
       "warn (did you mean \"ports\"?)"},
      {"[preflight.warn.warn]\n",
       "1: [preflight.warn]: found the unknown key \"warn\", expected ports, sockets, commands or "
       "disk"},
      {"preflight = true\n", "1: preflight: found a boolean, expected a table [preflight]"},
      {"[preflight]\nwarn = [1]\n",
       "2: preflight.warn: found an array, expected a table [preflight.warn]"},
      {"[profile.ci]\npreflight = 1\n",
       "2: profile.ci.preflight: found an integer, expected a table [profile.ci.preflight]"},
      {"[[override]]\ntest = \"a\"\npreflight = 1\n",
       "3: [[override]]: found the unknown key \"preflight\""},
  };
  for (const auto& row : rows) {
    const std::string expected = "/p/holdfast.toml:" + row.error;
    EXPECT_EQ(error_of(row.text).substr(0, expected.size()), expected);
  }
}

}  // namespace
}  // namespace holdfast
