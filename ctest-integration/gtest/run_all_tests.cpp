#include <gtest/gtest.h>
#include <holdfast/gtest.h>

#ifdef __linux__

#include <holdfast/worker_protocol.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "fork_server.hpp"
#include "packets.hpp"
#include "reporter.hpp"
#include "selection.hpp"

namespace holdfast {
namespace gtest_support {
namespace {

// The grace for leftovers of a case if exec names none.
const char* const k_usual_grace_ms = "5000";

int run_and_report(Reporter& reporter) {
  const int code = RUN_ALL_TESTS();
  reporter.finished(code);
  return code;
}

int run_in_batch(Descriptor socket) {
  const Fields hello{HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, std::to_string(::getpid())};
  Packet answer;
  if (send_fields(socket.get(), hello)) answer = receive_answer(socket.get());
  const Fields& mode = answer.fields;
  if (mode.size() < 2 || mode[0] != HOLDFAST_WORKER_MODE) return RUN_ALL_TESTS();
  if (mode[1] == HOLDFAST_WORKER_MODE_REPORT) {
    Descriptor log;
    if (!answer.descriptors.empty()) log = std::move(answer.descriptors[0]);
    Reporter& reporter = Reporter::install(std::move(socket), std::move(log));
    if (mode.size() > 2 && mode[2] == HOLDFAST_WORKER_ASK) reporter.ask_after_cases();
    return run_and_report(reporter);
  }
  if (mode[1] != HOLDFAST_WORKER_MODE_FORK || mode.size() < 3) return RUN_ALL_TESTS();
  Served served = serve(std::move(socket), mode[2], mode.size() > 3 ? mode[3] : k_usual_grace_ms);
  if (served.test.empty()) return 0;
  Reporter& reporter = Reporter::install(std::move(served.report), Descriptor());
  reporter.begin_nothing();
  return run_and_report(reporter);
}

}  // namespace
}  // namespace gtest_support

int run_all_tests() {
  if (gtest_support::is_death_test_child()) {
    gtest_support::stop_listing();
    return RUN_ALL_TESTS();
  }
  gtest_support::Descriptor socket = gtest_support::connect_to_batch();
  return socket.valid() ? gtest_support::run_in_batch(std::move(socket)) : RUN_ALL_TESTS();
}

void retire_worker_after_failure() { gtest_support::retire_after_failure(); }

}  // namespace holdfast

#else  // there are no batches on other systems

namespace holdfast {

int run_all_tests() { return RUN_ALL_TESTS(); }
void retire_worker_after_failure() {}

}  // namespace holdfast

#endif
