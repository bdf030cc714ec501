#include "services/service_companion.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::host {
namespace {

LineOfOutput read(const std::string& pattern, const std::string& line) {
  return read_line(*Pattern::compile(pattern), line);
}

TEST(OutputPort, IsFrom1To65535OrTheLineDoesNotMatch) {
  const struct {
    const char* port;
    bool is_ready;
    unsigned told;
  } rows[] = {
      {"1", true, 1},      {"8080", true, 8080}, {"65535", true, 65535},
      {"00080", true, 80}, {"0", false, 0},      {"65536", false, 0},
      {"70000", false, 0}, {"http", false, 0},   {"99999999999999999999999", false, 0},
  };
  for (const auto& row : rows) {
    const LineOfOutput line =
        read("listening on (?P<port>\\w+)", std::string("now listening on ") + row.port + ".");
    EXPECT_EQ(line.is_ready, row.is_ready) << row.port;
    EXPECT_EQ(line.port, row.told) << row.port;
    EXPECT_EQ(line.no_port, row.is_ready ? "" : row.port);
  }
}

TEST(OutputPort, MayBeTheOnlyGroup) {
  EXPECT_EQ(read("on ([0-9]+)", "on 8080").port, 8080);
  EXPECT_FALSE(read("on ([0-9]+)", "on 70000").is_ready);
  EXPECT_FALSE(read("on ([0-9]+)", "on 99999999999999999999999").is_ready);
  // This group is there for its alternatives.
  EXPECT_TRUE(read("(up|ready)", "ready").is_ready);
  EXPECT_EQ(read("(up|ready)", "ready").port, 0);
}

TEST(OutputPort, NeedNotBeTold) {
  EXPECT_TRUE(read("ready", "it is ready").is_ready);
  EXPECT_FALSE(read("ready", "it is not").is_ready);
  EXPECT_TRUE(read("ready( on (?P<port>[0-9]+))?", "ready").is_ready);
  EXPECT_TRUE(read("ready", "it is not").no_port.empty());
}

}  // namespace
}  // namespace holdfast::host
