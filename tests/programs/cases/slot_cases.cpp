// A GoogleTest program for batches that use idle slots. It has SLOT_CASES cases. Each takes a time
// that follows from SLOT_SEED and its number, at most SLOT_MS, or waits for the file SLOT_GATE. If
// the number can be divided by SLOT_FAILS, the case fails. Case 0 is not counted: it is
// `Plain.test`, for a ctest test that is no batch.
//
// A line in SLOT_LOG says that something begins (`+`) or ends (`-`): the sign, SLOT_NAME, the
// number, and the time in microseconds of CLOCK_MONOTONIC.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

int number(const char* name) { return std::atoi(variable(name).c_str()); }

void log(char sign, int of) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  const std::string line = std::string(1, sign) + " " + variable("SLOT_NAME") + " " +
                           std::to_string(of) + " " + std::to_string(now.count()) + "\n";
  const int file =
      ::open(variable("SLOT_LOG").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  EXPECT_EQ(::write(file, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  ::close(file);
}

void take_time(int of) {
  log('+', of);
  const std::string gate = variable("SLOT_GATE");
  const bool waits = !gate.empty() && of >= number("SLOT_GATE_FROM");
  while (waits && ::access(gate.c_str(), F_OK) != 0) ::usleep(1000);
  const unsigned mixed = (static_cast<unsigned>(number("SLOT_SEED") + of) * 2654435761U) >> 16U;
  const int most = number("SLOT_MS");
  if (most > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + static_cast<int>(mixed) % most));
  }
  log('-', of);
}

class Slots : public ::testing::TestWithParam<int> {};
TEST_P(Slots, take) {
  take_time(GetParam());
  const int fails = number("SLOT_FAILS");
  EXPECT_TRUE(fails == 0 || GetParam() % fails != 0);
}
INSTANTIATE_TEST_SUITE_P(All, Slots, ::testing::Range(1, 1 + number("SLOT_CASES")));
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Slots);

TEST(Plain, test) { take_time(0); }

}  // namespace
