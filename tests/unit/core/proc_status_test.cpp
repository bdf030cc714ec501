#include "core/proc_status.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

struct Row {
  std::string_view status;
  unsigned numbers;
};

TEST(ProcStatus, HasANumberForEachPidNamespaceFromThatOfProcDownward) {
  const Row rows[] = {
      {"Name:\tctest\nPid:\t812\nNSpid:\t812\nNSpgid:\t812\n", 1},
      {"Name:\tctest\nPid:\t812\nNSpid:\t812\t1\nNSpgid:\t812\t1\n", 2},
      {"Name:\tctest\nPid:\t812\nNSpid:\t812\t17\t1\n", 3},
      {"Name:\tctest\nPid:\t812\nPPid:\t1\n", 0},
      {"Name:\tNSpid:\t1\t2\nNSpid:\t812\n", 1},  // a name has no line break: it is shown as \n
      {"Name:\tctest\nNSpid:\t812", 0},           // cut off: there may be more
      {"", 0},
  };
  for (const Row& row : rows)
    EXPECT_EQ(numbers_in_namespaces(row.status), row.numbers) << row.status;
}

}  // namespace
}  // namespace holdfast
