#include "reporter.hpp"

#include <holdfast/mark.h>
#include <holdfast/worker_protocol.h>
#include <stdio.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

#include "gtest_api.hpp"

namespace holdfast {
namespace gtest_support {
namespace {

bool retires = false;

const char* outcome_of(const ::testing::TestResult& result) {
  if (result.Failed()) return HOLDFAST_WORKER_FAILED;
  return is_skipped(result, 0) ? HOLDFAST_WORKER_SKIPPED : HOLDFAST_WORKER_PASSED;
}

}  // namespace

void flush_output() {
  std::cout.flush();
  std::cerr.flush();
  std::clog.flush();
  std::wcout.flush();
  std::wcerr.flush();
  std::wclog.flush();
  ::fflush(nullptr);
}

void retire_after_failure() { retires = true; }

Reporter::Reporter(Descriptor socket, ProgressLog log)
    : socket_(std::move(socket)), log_(std::move(log)), owner_(::getpid()) {}

// The order matters: listeners hear of a beginning in their order and of an end in the reverse one.
// Before the printer, `begin` is said before the case's first line and `end` after its last.
Reporter& Reporter::install(Descriptor socket, Descriptor log) {
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  ::testing::TestEventListener* printer = listeners.Release(listeners.default_result_printer());
  // Without GoogleTest's lines only the moment of a message tells exec which output is whose.
  Reporter* reporter = new Reporter(
      std::move(socket), printer != nullptr ? ProgressLog::map(std::move(log)) : ProgressLog());
  listeners.Append(reporter);
  if (printer != nullptr) listeners.Append(printer);
  return *reporter;
}

void Reporter::OnTestStart(const ::testing::TestInfo& test) {
  if (::getpid() != owner_) return;
  flush_output();
  say(Fields{HOLDFAST_WORKER_BEGIN, name_of(test)});
}

void Reporter::OnTestEnd(const ::testing::TestInfo& test) {
  if (::getpid() != owner_) return;
  const ::testing::TestResult& result = *test.result();
  const std::string name = name_of(test);
  flush_output();
  say(Fields{HOLDFAST_WORKER_END, name, outcome_of(result), std::to_string(result.elapsed_time())});
  if (!retires || !result.Failed() || !socket_.valid()) return;
  say(Fields{HOLDFAST_WORKER_RETIRE, name});
  holdfast_mark_exit(("retired after " + name + " failed").c_str());
  flush_output();
  ::_exit(1);
}

void Reporter::finished(int code) {
  if (::getpid() != owner_) return;
  flush_output();
  say(Fields{HOLDFAST_WORKER_FINISHED, std::to_string(code)});
}

// Nobody hears us: what is printed is read instead.
void Reporter::say(const Fields& fields) {
  if (!socket_.valid()) return;
  const bool is_said =
      log_.valid() ? log_.say(socket_.get(), fields) : send_fields(socket_.get(), fields);
  if (!is_said) socket_.reset();
}

}  // namespace gtest_support
}  // namespace holdfast
