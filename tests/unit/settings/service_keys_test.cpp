#include <gtest/gtest.h>

#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

std::vector<ServiceSpec> services_in(const std::string& text) {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", "default");
  EXPECT_TRUE(settings) << settings.error().message;
  return settings ? settings->services : std::vector<ServiceSpec>{};
}

std::string error_of(const std::string& keys) {
  const Result<Settings> settings =
      parse_settings("[service.db]\n" + keys, "/p/holdfast.toml", "default");
  return settings ? "none" : settings.error().message;
}

TEST(ServiceKeys, AreReadWithTheirTypes) {
  const std::vector<ServiceSpec> services = services_in(R"(
[service.web]
command = ["serve", "--port={port2}"]
depends = ["db"]
ports = 2
ready-http = "http://localhost:{port2}/"
health-command = ["probe"]
health-timeout = "300ms"
stop-signal = "SIGINT"
log-limit = "1MiB"
eager = true
instances = 2
working-directory = "sub"
environment = { A = "1", B = "" }

[service.db]
command = ["db"]
working-directory = "/d"
)");
  ASSERT_EQ(services.size(), 2U);
  const ServiceSpec& web = services[0];
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.origin, "holdfast.toml:2, [service.web]");
  EXPECT_EQ(web.command, (ServiceCommand{"serve", "--port={port2}"}));
  EXPECT_EQ(web.depends, std::vector<std::string>{"db"});
  EXPECT_EQ(web.ports, 2U);
  EXPECT_EQ(web.ready.http, "http://localhost:{port2}/");
  EXPECT_EQ(web.health.command, ServiceCommand{"probe"});
  EXPECT_EQ(web.health_timeout, Milliseconds{300});
  EXPECT_EQ(web.stop_signal, 2);
  EXPECT_EQ(web.log_limit, std::uint64_t{1} << 20);
  EXPECT_TRUE(web.eager);
  EXPECT_EQ(web.instances, 2U);
  EXPECT_EQ(web.directory, "/p/sub");
  EXPECT_EQ(web.environment, (std::vector<Variable>{{"A", "1"}, {"B", ""}}));
  EXPECT_EQ(services[1].directory, "/d");
}

TEST(ServiceKeys, AreRelativeToTheFile) {
  EXPECT_EQ(services_in("[service.db]\ncommand = [\"db\"]")[0].directory, "/p");
  const std::string in_own = "[service.db]\ncommand = [\"db\"]\nworking-directory = \"{dir}\"";
  EXPECT_EQ(services_in(in_own)[0].directory, "{dir}");
}

TEST(ServiceKeys, ThatAreWrongAreNamed) {
  const struct {
    std::string keys;
    std::string error;
  } cases[] = {
      {"comand = [\"x\"]", "2: [service.db]: found the unknown key \"comand\""},
      {"", "1: [service.db]: found no `command`, expected one"},
      {"command = \"db\"",
       "2: command in [service.db]: found a string, expected a command such as [\"server\", "},
      {"command = [\"db\"]\nports = 65",
       "3: ports in [service.db]: found 65, expected a number, 0 to 64"},
      {"command = [\"db\"]\ninstances = 0",
       "3: instances in [service.db]: found 0, expected a number, 1 to 1000"},
      {"command = [\"db\"]\nstop-signal = \"TERM\"",
       "3: stop-signal in [service.db]: found \"TERM\", expected the name of a signal"},
      {"command = [\"db\"]\nlog-limit = \"16\"",
       "3: log-limit in [service.db]: found \"16\", expected a size such as"},
      {"command = [\"db\"]\ngrace = \"soon\"",
       "3: grace in [service.db]: found \"soon\", expected a duration such as"},
      {"command = [\"db\"]\neager = 1",
       "3: eager in [service.db]: found an integer, expected true or false"},
      {"command = [\"db\"]\nready-output = \"(\"",
       "3: ready-output in [service.db]: found \"(\" with"},
      {"command = [\"db\"]\nenvironment = [\"A=1\"]",
       "3: environment in [service.db]: found an array, expected a table of variables"},
      {"command = [\"db\"]\nenvironment = { \"A=B\" = \"x\" }",
       "3: environment in [service.db]: found \"A=B\", expected names of variables"},
      {"command = [\"db\"]\nenvironment = { \"\" = \"x\" }",
       "3: environment in [service.db]: found \"\", expected names of variables"},
      {"command = [\"db\"]\nuser = \"\"",
       "3: user in [service.db]: found an empty text, expected a text that is not empty"},
      {"command = [\"db\"]\nuser = 7",
       "3: user in [service.db]: found an integer, expected a text that is not empty"},
      {"command = [\"db\"]\nenvironment = { A = 1 }",
       "3: environment in [service.db]: found an integer, expected a table of variables"},
      {"command = [\"\"]", "2: command in [service.db]: found an empty text, expected a command"},
      {"command = [\"db\", \"{port}\"]", "1: [service.db]: found {port}, expected it only where"},
  };
  for (const auto& one : cases) {
    const std::string error = error_of(one.keys);
    EXPECT_EQ(error.rfind("/p/holdfast.toml:" + one.error, 0), 0U) << error;
  }
}

TEST(ServiceKeys, StandInTables) {
  const Result<Settings> settings =
      parse_settings("[service]\ndb = \"x\"", "/p/holdfast.toml", "default");
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message,
            "/p/holdfast.toml:2: service.\"db\": found a string, expected a table [service.NAME]");
}

}  // namespace
}  // namespace holdfast
