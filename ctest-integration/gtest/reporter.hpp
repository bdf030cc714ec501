// Tells holdfast-exec which case this process runs.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "own_process.hpp"
#include "packets.hpp"
#include "progress_log.hpp"

namespace holdfast {
namespace gtest_support {

// Flushes all buffers of stdio and of the standard streams.
void flush_output();

// Makes the process exit after a case that failed (holdfast::retire_worker_after_failure()).
void retire_after_failure();

class Reporter : public ::testing::EmptyTestEventListener {
 public:
  Reporter(Descriptor socket, ProgressLog log);

  // Puts a reporter among GoogleTest's listeners, which own it from then on. `log` is the file of a
  // progress log, or invalid.
  static Reporter& install(Descriptor socket, Descriptor log);

  // From here on no `begin` is said: exec knows the one case of this process.
  void begin_nothing() { says_beginnings_ = false; }

  // From here on the process asks after each case whether it may go on.
  void ask_after_cases() { asks_ = true; }

  void OnTestIterationStart(const ::testing::UnitTest& all, int number) override;
  void OnTestStart(const ::testing::TestInfo& test) override;
  void OnTestEnd(const ::testing::TestInfo& test) override;

  // To be called when RUN_ALL_TESTS() has returned `code`.
  void finished(int code);

 private:
  // These make message_: its name first, then field by field.
  void begin_message(const char* name) { message_.assign(name).push_back('\0'); }
  void add_field(const char* text) { message_.append(text).push_back('\0'); }
  void add_name(const ::testing::TestInfo& test);
  void say();

  Descriptor socket_;
  ProgressLog log_;
  std::string message_;
  void ask();

  bool says_beginnings_ = true;
  bool asks_ = false;
  const char* suite_ = nullptr;  // of the latest case
  // A child that a case forks (such as a death test) has our descriptor, but must say nothing.
  OwnProcess owner_;
};

}  // namespace gtest_support
}  // namespace holdfast
