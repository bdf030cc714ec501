// Tells `holdfast exec` which case this process is at.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

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

  void OnTestStart(const ::testing::TestInfo& test) override;
  void OnTestEnd(const ::testing::TestInfo& test) override;

  // All cases have ended with this code of RUN_ALL_TESTS().
  void finished(int code);

 private:
  void say(const Fields& fields);

  Descriptor socket_;
  ProgressLog log_;
  // A child that a case forks (a death test, say) has our descriptor and nothing to report.
  pid_t owner_;
};

}  // namespace gtest_support
}  // namespace holdfast
