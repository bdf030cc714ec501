#include "supervision/attempt/guard_report.hpp"

#include <gtest/gtest.h>

namespace holdfast::supervision {
namespace {

TEST(GuardReport, CountsAllProcessesAndNamesTheFirst) {
  std::vector<os::NamedProcess> processes;
  for (int i = 1; i <= 20; ++i) processes.push_back({i, "p" + std::to_string(i)});
  GuardReport report;
  EXPECT_EQ(list_processes(processes, report.leftover_list), 20U);
  EXPECT_EQ(report.leftover_list.front().pid, 1);
  EXPECT_STREQ(report.leftover_list.back().name.data(), "p16");
  EXPECT_EQ(list_processes({}, report.survivor_list), 0U);
  EXPECT_EQ(report.survivor_list.front().pid, 0);
}

TEST(GuardReport, CutsANameOffWhereItWouldNotEnd) {
  GuardReport report;
  (void)list_processes({{1, "sixteen-letters-"}}, report.leftover_list);
  EXPECT_STREQ(report.leftover_list.front().name.data(), "sixteen-letters");
}

}  // namespace
}  // namespace holdfast::supervision
