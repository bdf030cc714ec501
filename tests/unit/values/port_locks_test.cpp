#include "values/lock_spec.hpp"

#include <gtest/gtest.h>

#include <set>

namespace holdfast {
namespace {

TEST(PortLocks, TheLockOfAPortIsTheUsers) {
  EXPECT_EQ(to_text(lock_of_port(8080)), "port-8080@user");
  EXPECT_EQ(port_in_text(lock_of_port(8080)), "8080");
}

TEST(PortLocks, PortsToChooseFromLieBelowTheEphemeralRange) {
  struct Case {
    std::string_view ephemeral;
    unsigned count;
  };
  for (const Case& one : {Case{"32768\t60999\n", 31744}, Case{"10000\t65535\n", 8976},
                          Case{"1025\t65535\n", 1}, Case{"1024\t65535\n", 0}, Case{"1\t2\n", 0},
                          Case{"", 31744}, Case{"odd", 31744}, Case{"70000\t80000", 0}}) {
    const PortRange range = ports_below(one.ephemeral);
    EXPECT_EQ(range.first, 1024) << one.ephemeral;
    EXPECT_EQ(range.count, one.count) << one.ephemeral;
  }
}

TEST(PortLocks, EachPortOfTheRangeIsACandidateOnceFromAnyStart) {
  const PortRange range = ports_below("1034");
  for (const std::uint32_t start : {0U, 7U, 10U, 4294967295U}) {
    std::set<std::uint16_t> seen;
    for (unsigned tried = 0; tried < range.count; ++tried) {
      const std::uint16_t port = candidate(range, start, tried);
      EXPECT_GE(port, 1024);
      EXPECT_LT(port, 1034);
      seen.insert(port);
    }
    EXPECT_EQ(seen.size(), range.count) << start;
  }
  EXPECT_EQ(candidate(range, 7, 0), 1031);
  EXPECT_EQ(candidate(range, 7, 3), 1024);
}

TEST(PortLocks, TheyAreToldWithSemicolonsBetween) {
  EXPECT_EQ(ports_in_text({}), "");
  EXPECT_EQ(ports_in_text({8001}), "8001");
  EXPECT_EQ(ports_in_text({8001, 8002}), "8001;8002");
}

}  // namespace
}  // namespace holdfast
