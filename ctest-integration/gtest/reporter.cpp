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

char short_outcome_of(const ::testing::TestResult& result) {
  if (result.Failed()) return HOLDFAST_WORKER_LOG_FAILED;
  return is_skipped(result, 0) ? HOLDFAST_WORKER_LOG_SKIPPED : HOLDFAST_WORKER_LOG_PASSED;
}

void append_name(std::string& text, const ::testing::TestInfo& test) {
  text.append(suite_name(test, 0)).append(1, '.').append(test.name());
}

// Flushes what a case may have printed. std::cerr has no buffer.
void flush_standard_streams() {
  std::cout.flush();
  std::clog.flush();
  std::wcout.flush();
  std::wclog.flush();
  ::fflush(stdout);
  ::fflush(stderr);
}

}  // namespace

void flush_output() {
  flush_standard_streams();
  std::cerr.flush();
  std::wcerr.flush();
  ::fflush(nullptr);
}

void retire_after_failure() { retires = true; }

Reporter::Reporter(Descriptor socket, ProgressLog log)
    : socket_(std::move(socket)), log_(std::move(log)) {}

// GoogleTest calls listeners in their order at a beginning, and in the reverse order at an end. As
// this one stands before the printer, it says `begin` before the case's first line is printed, and
// `end` after its last.
Reporter& Reporter::install(Descriptor socket, Descriptor log) {
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  ::testing::TestEventListener* printer = listeners.Release(listeners.default_result_printer());
  // Without GoogleTest's lines, exec knows which case printed what only by when a packet arrives.
  Reporter* reporter = new Reporter(
      std::move(socket), printer != nullptr ? ProgressLog::map(std::move(log)) : ProgressLog());
  listeners.Append(reporter);
  if (printer != nullptr) listeners.Append(printer);
  return *reporter;
}

void Reporter::OnTestIterationStart(const ::testing::UnitTest& /*all*/, int /*number*/) {
  suite_ = nullptr;
}

void Reporter::OnTestStart(const ::testing::TestInfo& test) {
  if (!owner_.is_here()) return;
  // Between two cases of one suite, nothing runs that prints.
  if (suite_ != suite_name(test, 0)) flush_standard_streams();
  suite_ = suite_name(test, 0);
  if (!says_beginnings_) return;
  if (log_.valid()) {
    message_.assign(1, HOLDFAST_WORKER_LOG_BEGIN);
    append_name(message_, test);
  } else {
    begin_message(HOLDFAST_WORKER_BEGIN);
    add_name(test);
  }
  say();
}

void Reporter::OnTestEnd(const ::testing::TestInfo& test) {
  if (!owner_.is_here()) return;
  const ::testing::TestResult& result = *test.result();
  flush_standard_streams();
  if (log_.valid()) {
    message_.assign(1, short_outcome_of(result));
  } else {
    begin_message(HOLDFAST_WORKER_END);
    add_name(test);
    add_field(outcome_of(result));
    add_field(std::to_string(result.elapsed_time()).c_str());
  }
  say();
  if (!retires || !result.Failed() || !socket_.valid()) return ask();
  begin_message(HOLDFAST_WORKER_RETIRE);
  add_name(test);
  say();
  holdfast_mark_exit(("retired after " + name_of(test) + " failed").c_str());
  flush_output();
  ::_exit(1);
}

// The services of the test may have changed, and this process cannot learn where they are now.
void Reporter::ask() {
  if (!asks_ || !socket_.valid()) return;
  if (!send_fields(socket_.get(), Fields{HOLDFAST_WORKER_ASK})) return;
  const Fields answer = receive(socket_.get()).fields;
  if (answer.empty() || answer[0] != HOLDFAST_WORKER_LEAVE) return;
  flush_output();
  ::_exit(0);
}

void Reporter::finished(int code) {
  if (!owner_.is_here()) return;
  flush_output();
  begin_message(HOLDFAST_WORKER_FINISHED);
  add_field(std::to_string(code).c_str());
  say();
}

void Reporter::add_name(const ::testing::TestInfo& test) {
  append_name(message_, test);
  message_.push_back('\0');
}

// A message that cannot be sent is the last one: from then on exec reads the output instead.
void Reporter::say() {
  if (!socket_.valid()) return;
  const bool is_said = log_.valid() ? log_.say(socket_.get(), message_)
                                    : message_.size() <= HOLDFAST_WORKER_LONGEST &&
                                          send_packed(socket_.get(), message_);
  if (is_said) return;
  send_fields(socket_.get(), Fields{HOLDFAST_WORKER_SILENT});
  socket_.reset();
}

}  // namespace gtest_support
}  // namespace holdfast
