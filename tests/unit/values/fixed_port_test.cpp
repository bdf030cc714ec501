#include "values/service_spec.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(FixedPort, IsWhereTheServiceItselfAnswers) {
  const struct {
    ServiceProbe ready;
    ServiceProbe health;
    std::uint16_t port;
  } cases[] = {
      {{}, {}, 0},
      {{.tcp = "127.0.0.1:17001"}, {}, 17001},
      {{.tcp = "[::1]:1"}, {}, 1},
      {{.http = "http://localhost:8080/ready"}, {}, 8080},
      {{.unix_socket = "/s"}, {.tcp = "localhost:5432"}, 5432},
      {{.output = "listening"}, {.http = "http://10.0.0.7:81/"}, 81},
      // A health check may ask at a port that is not the service's own.
      {{.tcp = "127.0.0.1:17001"}, {.tcp = "127.0.0.1:17002"}, 17001},
      {{.tcp = "127.0.0.1:{port}"}, {.tcp = "127.0.0.1:17002"}, 0},
      {{.tcp = "127.0.0.1:{port}"}, {}, 0},
      {{.tcp = "example.org:1"}, {}, 0},
      {{.command = {"true", "127.0.0.1:1"}}, {}, 0},
  };
  for (const auto& one : cases) {
    ServiceSpec service;
    service.ready = one.ready;
    service.health = one.health;
    EXPECT_EQ(fixed_port(service), one.port) << one.ready.tcp << " " << one.health.tcp;
  }
}

}  // namespace
}  // namespace holdfast
