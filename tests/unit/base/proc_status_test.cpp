#include "base/process_name.hpp"

#include <gtest/gtest.h>
#include <signal.h>

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
      {"Name:\tNSpid:\t1\t2\nNSpid:\t812\n", 1},  // a line break in a name is shown as \n
      {"Name:\tctest\nNSpid:\t812", 0},           // cut off: more may follow
      {"", 0},
  };
  for (const Row& row : rows)
    EXPECT_EQ(numbers_in_namespaces(row.status), row.numbers) << row.status;
}

TEST(ProcStatus, TellsOfSignalsThatHaveNotBeenTaken) {
  const std::string_view killed = "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\n";
  EXPECT_TRUE(pends(killed, SIGKILL));
  EXPECT_FALSE(pends(killed, SIGTERM));
  EXPECT_TRUE(pends("x\nShdPnd:\t8000000000000001\n", 64));
  EXPECT_TRUE(pends("x\nShdPnd:\t8000000000000001\n", SIGHUP));
  // This signal is for one thread only.
  EXPECT_FALSE(pends("x\nSigPnd:\t0000000000000100\nShdPnd:\t0000000000000000\n", SIGKILL));
  for (const std::string_view odd : {"", "x\nShdPnd:\t", "x\nShdPnd:\tno number\n", "x\n"}) {
    EXPECT_FALSE(pends(odd, SIGHUP)) << odd;
  }
}

}  // namespace
}  // namespace holdfast
