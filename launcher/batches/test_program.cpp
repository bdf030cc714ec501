#include "batches/test_program.hpp"

#include <holdfast/worker_protocol.h>

#include "os/file/clock.hpp"
#include "os/stack/program_reader.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {
namespace {

// Room for a million cases. The rest of a program that prints without end is dropped.
constexpr std::size_t k_longest_list = 64UL * 1024UL * 1024UL;

}  // namespace

Listing::Listing(supervision::Capture& capture, OutputRelay& relay, WorkerLink& link,
                 Stream lists_on, Milliseconds limit)
    : CapturedOutput(capture, relay), link_(link), lists_on_(lists_on) {
  if (limit.count() > 0) until_ = os::monotonic_now() + limit;
}

void Listing::join(os::Wait& wait) {
  CapturedOutput::join(wait);
  link_.join(wait);
}

void Listing::on_main_started(pid_t main) {
  main_ = main;
  answer();
}

// A linked program waits for an answer before it prints its list.
void Listing::answer() {
  link_.accept(main_);
  while (link_.next()) {
    (void)link_.send(worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_REPORT}));
  }
}

void Listing::look() {
  answer();
  CapturedOutput::look();
}

void Listing::take(Stream stream, std::string_view bytes) {
  if (stream != lists_on_) return CapturedOutput::take(stream, bytes);
  if (text_.size() < k_longest_list) text_ += bytes;
}

void Listing::finish() {
  take_rest();
  link_.drop();
}

std::unique_ptr<TestProgram> test_program(const os::Command& command, const std::string& markers,
                                          bool may_ask) {
  const std::optional<FrameworkKind> kind = os::framework_of(command.arguments);
  switch (kind.value_or(FrameworkKind::googletest)) {
    case FrameworkKind::catch2_two:
    case FrameworkKind::catch2_three:
      return catch2_program(command, markers, *kind);
    case FrameworkKind::doctest:
      return doctest_program(command, markers);
    case FrameworkKind::boost:
      return boost_program(command, markers);
    case FrameworkKind::googletest:
      break;
  }
  return googletest_program(command, markers, may_ask);
}

}  // namespace holdfast::exec
