#include "values/service_spec.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

const ServiceWords k_words{"db", 3, {8001, 8002}, "/tmp/d"};

TEST(ServiceWords, StandForWhatAnInstanceHas) {
  EXPECT_EQ(filled("--port={port}", k_words), "--port=8001");
  EXPECT_EQ(filled("{port}{port1}{port2}", k_words), "800180018002");
  EXPECT_EQ(filled("{name}-{instance} in {dir}", k_words), "db-3 in /tmp/d");
}

TEST(ServiceWords, LeaveOtherBracesAlone) {
  for (const char* text : {"", "{", "}", "{}", "{port", "port}", "{Port}", "{port3}", "{port0}",
                           "{port99999999999}", "{\"a\":1}", "${port_}", "{ port }"}) {
    EXPECT_EQ(filled(text, k_words), text);
  }
  EXPECT_EQ(filled("{{port}}", k_words), "{8001}");
  EXPECT_EQ(filled("{\"p\":{port}}", k_words), "{\"p\":8001}");
}

TEST(ServiceWords, AreFilledInEveryText) {
  ServiceSpec service;
  service.command = {"server", "{port}"};
  service.ready.tcp = "h:{port}";
  service.ready.unix_socket = "{dir}/s";
  service.ready.http = "http://h:{port}/";
  service.ready.command = {"ping", "{port}"};
  service.ready.output = "{port}";  // a regular expression
  service.health.tcp = "h:{port2}";
  service.init = {"{name}"};
  service.reset = {"{dir}"};
  service.stop = {"{port}"};
  service.directory = "{dir}";
  service.environment = {{"P", "{port}"}};
  const ServiceSpec done = filled(service, k_words);
  EXPECT_EQ(done.command[1], "8001");
  EXPECT_EQ(done.ready.tcp, "h:8001");
  EXPECT_EQ(done.ready.unix_socket, "/tmp/d/s");
  EXPECT_EQ(done.ready.http, "http://h:8001/");
  EXPECT_EQ(done.ready.command[1], "8001");
  EXPECT_EQ(done.ready.output, "{port}");
  EXPECT_EQ(done.health.tcp, "h:8002");
  EXPECT_EQ(done.init[0], "db");
  EXPECT_EQ(done.reset[0], "/tmp/d");
  EXPECT_EQ(done.stop[0], "8001");
  EXPECT_EQ(done.directory, "/tmp/d");
  EXPECT_EQ(done.environment[0].value, "8001");
}

TEST(ServiceWords, SayWhichPortsAreNamedAndWhen) {
  ServiceSpec service;
  service.command = {"server", "{port2}", "{port}"};
  service.health.tcp = "h:{port7}";
  EXPECT_EQ(ports_named(service).before_ready, 2U);
  EXPECT_EQ(ports_named(service).later, 7U);
  EXPECT_EQ(ports_named({}).before_ready, 0U);
  service.ready.tcp = "h:{port999}";  // there cannot be so many
  EXPECT_EQ(ports_named(service).before_ready, 2U);
}

}  // namespace
}  // namespace holdfast
