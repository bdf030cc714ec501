#include "values/outcome.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(SignalNames, AreThoseOfTheManual) {
  EXPECT_EQ(signal_name(9), "SIGKILL");
  EXPECT_EQ(signal_name(15), "SIGTERM");
  EXPECT_EQ(signal_name(40), "signal 40");
  EXPECT_EQ(signal_name(0), "signal 0");
  EXPECT_EQ(signal_text(11), "signal 11 (SIGSEGV)");
  EXPECT_EQ(signal_text(40), "signal 40");
}

TEST(SignalNames, HaveNumbers) {
  EXPECT_EQ(signal_named("SIGKILL"), 9);
  for (int signal = 1; signal <= 31; ++signal) EXPECT_EQ(signal_named(signal_name(signal)), signal);
  for (const char* other : {"", "SIG", "KILL", "sigkill", "SIGKILLS", "SIGRTMIN", "9"}) {
    EXPECT_EQ(signal_named(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace holdfast
