#include "values/service_state.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

ServiceSpec declared(const std::string& name, std::vector<std::string> depends = {}) {
  ServiceSpec service;
  service.name = name;
  service.origin = "holdfast.toml:1, [service." + name + "]";
  service.command = {"server"};
  service.depends = std::move(depends);
  return service;
}

std::string order_of(std::vector<ServiceSpec> services) {
  const Result<std::vector<ServiceSpec>> sorted = in_order_of_start(std::move(services));
  if (!sorted) return to_text(sorted.error());
  std::string names;
  for (const ServiceSpec& service : *sorted) names += service.name + " ";
  return names;
}

TEST(ServiceSpecs, StartBehindWhatTheyDependOn) {
  EXPECT_EQ(order_of({declared("web", {"db", "cache"}), declared("cache"), declared("db"),
                      declared("log")}),
            "db cache web log ");
  EXPECT_EQ(order_of({}), "");
}

TEST(ServiceSpecs, AreRefusedWhereTheyDoNotFitTogether) {
  EXPECT_EQ(order_of({declared("web", {"dB"})}),
            "holdfast.toml:1, [service.web]: `depends` has \"dB\", expected the name of a declared "
            "service");
  EXPECT_EQ(
      order_of({declared("log"), declared("a", {"b"}), declared("b", {"c"}), declared("c", {"b"})}),
      "holdfast.toml:1, [service.b]: depends on itself: b, c, b");
  EXPECT_EQ(order_of({declared("a", {"x", "b"}), declared("x"), declared("b", {"x", "a"})}),
            "holdfast.toml:1, [service.a]: depends on itself: a, b, a");
  EXPECT_EQ(order_of({declared("a", {"a"})}),
            "holdfast.toml:1, [service.a]: depends on itself: a, a");
  EXPECT_EQ(order_of({declared("db"), declared("db")}),
            "holdfast.toml:1, [service.db]: found a second service \"db\", expected one; "
            "holdfast.toml:1, [service.db] has the first");
  EXPECT_EQ(order_of({declared("my-db"), declared("my.db")}),
            "holdfast.toml:1, [service.my.db]: found \"my.db\", whose variables "
            "HOLDFAST_SERVICE_MY_DB_… are those of \"my-db\", expected a name with variables of "
            "its own");
  ServiceSpec many = declared("db");
  many.instances = 2;
  EXPECT_EQ(order_of({many, declared("web", {"db"})}),
            "holdfast.toml:1, [service.web]: `depends` has \"db\", which has several instances, "
            "expected one instance");
}

TEST(ServiceSpecs, HaveEachAPortOfItsOwn) {
  ServiceSpec db = declared("db");
  db.ready.tcp = "127.0.0.1:17001";
  ServiceSpec web = declared("web", {"db"});
  web.ready.http = "http://localhost:17001/";
  EXPECT_EQ(order_of({db, web}),
            "holdfast.toml:1, [service.web]: found port 17001, which is that of \"db\" "
            "(holdfast.toml:1, [service.db]), expected a port of its own");
  // A health check may ask at the port of a service that this one depends on.
  web.ready.http = "http://localhost:17002/";
  web.health.tcp = "127.0.0.1:17001";
  EXPECT_EQ(order_of({web, db}), "db web ");
  db.ready.tcp = web.ready.http = {};
  db.ready.tcp = "127.0.0.1:{port}";
  web.health.tcp = "127.0.0.1:{port}";
  EXPECT_EQ(order_of({web, db}), "db web ");
}

std::string trouble_with(const ServiceSpec& service) {
  const Result<void> sound = check(service);
  return sound ? "" : to_text(sound.error());
}

TEST(ServiceSpec, HasACommandAndOneProbeOfEachKind) {
  EXPECT_EQ(trouble_with(declared("db")), "");
  ServiceSpec service = declared("db");
  service.command.clear();
  EXPECT_EQ(trouble_with(service), "found no `command`, expected one");
  service = declared("db");
  service.ready.tcp = "localhost:1";
  service.ready.output = "listening";
  EXPECT_EQ(trouble_with(service),
            "found `ready-tcp`, `ready-output`, expected one of "
            "them");
  service = declared("db");
  service.health.unix_socket = "/s";
  service.health.http = "http://localhost:1/";
  service.health.command = {"true"};
  EXPECT_EQ(trouble_with(service),
            "found `health-unix`, `health-http`, `health-command`, "
            "expected one of them");
  EXPECT_EQ(trouble_with(declared("a b")),
            "found the name \"a b\", expected letters, digits, "
            "`_`, `-` and `.`, at most 64 of them");
}

TEST(ServiceSpec, HasNoPortThatItsInstancesWouldShare) {
  ServiceSpec service = declared("db");
  service.ready.tcp = "127.0.0.1:17001";
  EXPECT_EQ(trouble_with(service), "");
  service.instances = 2;
  EXPECT_EQ(trouble_with(service),
            "found port 17001 for 2 instances, expected `ports` and {port} in its place");
  service.ready.tcp = "127.0.0.1:{port}";
  service.ports = 1;
  EXPECT_EQ(trouble_with(service), "");
}

TEST(ServiceSpec, NamesOnlyPortsThatItHas) {
  ServiceSpec service = declared("db");
  service.command = {"server", "{port2}"};
  service.ports = 2;
  EXPECT_EQ(trouble_with(service), "");
  service.ports = 1;
  EXPECT_EQ(trouble_with(service),
            "found {port2}, expected it only where `ports` says "
            "that there are so many");
  service = declared("db");
  service.health.tcp = "localhost:{port}";
  EXPECT_EQ(trouble_with(service),
            "found {port}, expected it only where `ports` says that "
            "there are so many");
  service.ready.output = "listening on ([0-9]+)";
  EXPECT_EQ(trouble_with(service), "") << "the output says which";
}

TEST(ServiceSpec, NamesPlacesThatCanBeAsked) {
  ServiceSpec service = declared("db");
  service.ports = 2;
  service.ready.tcp = "localhost:{port2}";
  service.health.http = "http://[::1]:{port}/{name}{dir}";
  EXPECT_EQ(trouble_with(service), "");
  service.health.http = "https://localhost:{port}";
  EXPECT_EQ(
      trouble_with(service),
      "found `health-http` \"https://localhost:{port}\", expected http://HOST:PORT/PATH, with "
      "localhost or an address such as 127.0.0.1 or [::1]");
  service.ready.tcp = "localhost:{prot}";
  EXPECT_EQ(trouble_with(service),
            "found `ready-tcp` \"localhost:{prot}\", expected HOST:PORT, with localhost or an "
            "address such as 127.0.0.1 or [::1]");
}

TEST(ServiceSpec, IsHealthyByWhatMadeItReadyButNotByItsOutput) {
  ServiceSpec service = declared("db");
  EXPECT_EQ(service.health_probe(), ServiceProbe{});
  service.ready.tcp = "localhost:1";
  EXPECT_EQ(service.health_probe().tcp, "localhost:1");
  service.health.command = {"ping"};
  EXPECT_EQ(service.health_probe().tcp, "");
  EXPECT_EQ(service.health_probe().command, ServiceCommand{"ping"});
  service = declared("db");
  service.ready.output = "listening";
  EXPECT_EQ(service.health_probe(), ServiceProbe{});
}

TEST(ServiceSpec, LeavesItsStopCommandAtLeastFiveSeconds) {
  ServiceSpec service = declared("db");
  service.grace = Milliseconds{100};
  EXPECT_EQ(service.stop_time(), Milliseconds{5000});
  service.grace = Milliseconds{9000};
  EXPECT_EQ(service.stop_time(), Milliseconds{9000});
}

TEST(ServiceSpec, ProvesThatItHasItsPlaceIfWhatMadeItReadyDoesNotSay) {
  ServiceSpec service = declared("db");
  EXPECT_FALSE(names_place(service.proof()));
  service.health.command = {"ping"};
  EXPECT_FALSE(names_place(service.proof()));
  service.health = {};
  service.health.unix_socket = "{dir}/socket";
  EXPECT_EQ(service.proof(), service.health);
  service.ready.output = "listening";
  EXPECT_EQ(service.proof(), service.health);
  service.ready = {};
  service.ready.command = {"ping"};
  EXPECT_EQ(service.proof(), service.health);
  for (std::string ServiceProbe::*place :
       {&ServiceProbe::http, &ServiceProbe::tcp, &ServiceProbe::unix_socket}) {
    service.ready = {};
    service.ready.*place = "a place";
    EXPECT_FALSE(names_place(service.proof()));
  }
}

TEST(ServiceSpecs, AreAllThatCanBeUsed) {
  ServiceSpec db;
  db.name = "db";
  EXPECT_TRUE(check_uses({{"db"}}, {db}));
  EXPECT_EQ(to_text("X", check_uses({{"db"}, {"web"}}, {db}).error()), "X \"web\": expected db");
  EXPECT_EQ(to_text("X", check_uses({{"db"}}, {}).error()),
            "X \"db\": expected no service, as none is declared");
}

TEST(ServiceSpec, NamesPlacesThatCanBeAskedForEachProbe) {
  ServiceSpec service = declared("db");
  service.ready.http = "https://localhost:1";
  EXPECT_TRUE(trouble_with(service).starts_with(
      "found `ready-http` \"https://localhost:1\", expected http://HOST:PORT/PATH"));
  service.ready = {};
  service.health.tcp = "localhost";
  EXPECT_TRUE(
      trouble_with(service).starts_with("found `health-tcp` \"localhost\", expected HOST:PORT"));
}

}  // namespace
}  // namespace holdfast
