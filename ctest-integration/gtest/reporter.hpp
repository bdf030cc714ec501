// Tells holdfast-exec which case this process is at.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "own_process.hpp"
#include "packets.hpp"
#include "progress_log.hpp"

namespace holdfast {
namespace gtest_support {

// What was printed so far is in the descriptors, nothing in buffers of this process.
void flush_output();

// After a failed case the process leaves (holdfast::retire_worker_after_failure()).
void retire_after_failure();

class Reporter : public ::testing::EmptyTestEventListener {
 public:
  Reporter(Descriptor socket, ProgressLog log);

  // Puts a reporter among the listeners of this process, which owns it from then on. `log`: of a
  // progress log, or invalid.
  static Reporter& install(Descriptor socket, Descriptor log);

  // This process is one case's, as who hears us knows.
  void begin_nothing() { says_beginnings_ = false; }

  void OnTestIterationStart(const ::testing::UnitTest& all, int number) override;
  void OnTestStart(const ::testing::TestInfo& test) override;
  void OnTestEnd(const ::testing::TestInfo& test) override;

  // All cases have ended with this code of RUN_ALL_TESTS().
  void finished(int code);

 private:
  // The message that is being made: its name first, then field by field.
  void begin_message(const char* name) { message_.assign(name).push_back('\0'); }
  void add_field(const char* text) { message_.append(text).push_back('\0'); }
  void add_name(const ::testing::TestInfo& test);
  void say();

  Descriptor socket_;
  ProgressLog log_;
  std::string message_;
  bool says_beginnings_ = true;
  const char* suite_ = nullptr;  // of the case before
  // A child that a case forks (a death test, say) has our descriptor and nothing to report.
  OwnProcess owner_;
};

}  // namespace gtest_support
}  // namespace holdfast
