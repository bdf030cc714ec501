// What is made of what a GoogleTest program prints and says. The test is the program.
#include "batches/test_program.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/scratch.hpp"
#include "output/output_relay.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {
namespace {

using Events = std::vector<std::string>;

class GtestWorkerTest : public testing::Test {
 protected:
  GtestWorkerTest()
      : capture_(std::move(*supervision::Capture::open(false))),
        around_{{}, std::move(*os::SignalQueue::open()), {}},
        services_(plan_, around_) {
    testing::internal::CaptureStdout();
    relay_.emplace(std::string());  // on the stdout of now
  }
  void TearDown() override {
    const std::string printed = testing::internal::GetCapturedStdout();
    if (HasFailure()) std::cout << printed;
  }

  void begin(Milliseconds limit = Milliseconds{0}) {
    const auto tell = [this](const BatchEvent& event, const OutputRange&) { note(event); };
    GtestReportFiles report;
    report.tells = scratch_.path();
    worker_ =
        gtest_worker({capture_, *relay_, link_, services_, limit, none_, tell, [] {}}, report);
  }
  void note(const BatchEvent& event) {
    using Kind = BatchEvent::Kind;
    const std::string name(event.name);
    const std::string said = " " + name + " " + std::to_string(static_cast<int>(event.said));
    if (event.kind == Kind::case_began) events_.push_back("began " + name);
    if (event.kind == Kind::case_ended) events_.push_back("ended" + said);
    if (event.kind == Kind::reported) events_.push_back("reported" + said);
    if (event.kind == Kind::finished) events_.emplace_back("finished");
  }

  void connect() {
    program_ = os::UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const os::UniqueFd directory = scratch_.open();
    const std::string path =
        "/proc/self/fd/" + std::to_string(directory.get()) + "/" + HOLDFAST_WORKER_SOCKET;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(
        ::connect(program_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  // The program connects, and is told how it is to speak.
  void say_hello() {
    connect();
    worker_->on_main_started(::getpid());
    say({HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, "1"});
    ASSERT_TRUE(os::is_readable(program_.get()));
    auto mode = os::receive_with_descriptor(program_.get());
    ASSERT_TRUE(mode);
    EXPECT_EQ(mode->packet, worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_REPORT}));
    log_ = std::move(mode->descriptor);
  }
  void say(std::initializer_list<std::string_view> fields) {
    ASSERT_TRUE(os::send_packet(program_.get(), worker_message(fields)));
    worker_->look();
  }
  // What the program is told next; empty: nothing.
  std::string told() const {
    if (!os::is_readable(program_.get())) return {};
    const Result<std::string> packet = os::receive_packet(program_.get());
    return packet ? *packet : std::string();
  }
  // A record of the progress log.
  void write(const std::string& message, std::int64_t at_us = os::monotonic_now_us()) {
    const std::uint64_t head = static_cast<std::uint64_t>(at_us) << 16U | message.size();
    std::string record(8 + (message.size() + 7) / 8 * 8, '\0');
    std::memcpy(record.data(), &head, sizeof head);
    message.copy(record.data() + 8, message.size());
    ASSERT_EQ(
        ::pwrite(log_.get(), record.data(), record.size(), HOLDFAST_WORKER_LOG_HEADER + used_),
        static_cast<ssize_t>(record.size()));
    set_used(used_ + static_cast<std::uint32_t>(record.size()));
  }
  void set_used(std::uint32_t used) {
    used_ = used;
    ASSERT_EQ(::pwrite(log_.get(), &used_, sizeof used_, 0), ssize_t{sizeof used_});
  }
  void print(int stream, std::string_view text) {
    ASSERT_EQ(::write(stream, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    worker_->look();
  }

  const os::Scratch scratch_;
  supervision::AttemptPlan plan_;
  supervision::Capture capture_;
  supervision::Surroundings around_;
  std::optional<OutputRelay> relay_;
  WorkerLink link_ = WorkerLink::listen(scratch_.path());
  BatchServices services_;
  const std::string none_;
  std::unique_ptr<BatchWorker> worker_;
  os::UniqueFd program_;
  os::UniqueFd log_;
  std::uint32_t used_ = 0;
  Events events_;
};

// The program waits until there is room.
TEST_F(GtestWorkerTest, AFullLogIsReadAndTheProgramGoesOnAtItsBeginning) {
  begin();
  say_hello();
  ASSERT_TRUE(log_.valid());
  write("\1A.a");
  say({HOLDFAST_WORKER_FULL});
  EXPECT_EQ(told(), worker_message({HOLDFAST_WORKER_ROOM}));
  EXPECT_EQ(events_, Events{"began A.a"});
  std::uint32_t used = 7;
  ASSERT_EQ(::pread(log_.get(), &used, sizeof used, 0), ssize_t{sizeof used});
  EXPECT_EQ(used, 0U);
  used_ = 0;
  write("\2");
  say({HOLDFAST_WORKER_NEWS});
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 0"}));
}

// The kernel has no memory for a log, for example.
TEST_F(GtestWorkerTest, CasesMayComeInMessages) {
  begin();
  say_hello();
  say({HOLDFAST_WORKER_BEGIN, "A.a"});
  say({HOLDFAST_WORKER_END, "A.a"});
  EXPECT_EQ(events_, Events{"began A.a"}) << "the message does not say how it ended";
  say({HOLDFAST_WORKER_END, "A.a", HOLDFAST_WORKER_SKIPPED, "5"});
  say({HOLDFAST_WORKER_FINISHED, "0"});
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 2", "finished"}));
}

// Without services there is nothing to ask for, and nobody would answer.
TEST_F(GtestWorkerTest, AProgramThatAsksThoughNobodyWantsThatIsNotWaitedFor) {
  begin(Milliseconds{3'600'000});
  say_hello();
  say({HOLDFAST_WORKER_ASK});
  EXPECT_EQ(told(), "");
  EXPECT_LT(worker_->deadline(), k_longest) << "its case has a limit as before";
}

TEST_F(GtestWorkerTest, WhoseLogIsBrokenIsNotHeardAnyMore) {
  begin();
  say_hello();
  write("\1A.a");
  set_used(used_ + 4);
  say({HOLDFAST_WORKER_FINISHED, "0"});
  EXPECT_EQ(events_, Events{"began A.a"});
  EXPECT_FALSE(link_.has_peer());
}

TEST_F(GtestWorkerTest, WhatComesOnStderrIsNoLineOfGoogletests) {
  constexpr std::string_view k_lines =
      "[==========] Running 1 test from 1 test suite.\n[ RUN      ] A.a\n";
  begin();
  print(capture_.errors(), k_lines);
  EXPECT_TRUE(events_.empty());
  print(capture_.output(), k_lines);
  EXPECT_EQ(events_, Events{"began A.a"});
}

constexpr std::string_view k_run = "[==========] Running 1 test from 1 test suite.\n";

// The program says that a case has ended before it prints that.
TEST_F(GtestWorkerTest, ACaseEndsWithItsLastLine) {
  begin();
  say_hello();
  write("\1A.a");
  print(capture_.output(), std::string(k_run) + "[ RUN      ] A.a\n");
  EXPECT_EQ(events_, Events{"began A.a"});
  write("\2");
  worker_->look();
  EXPECT_EQ(events_, Events{"began A.a"});
  print(capture_.output(), "[       OK ] A.a (0 ms)\n");
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 0"}));
}

TEST_F(GtestWorkerTest, ACaseThatHasBegunGoesOnWhenItsProgramIsNotHeardAnyMore) {
  begin();
  say_hello();
  write("\1A.a");
  print(capture_.output(), std::string(k_run) + "[ RUN      ] A.a\n");
  ASSERT_TRUE(os::send_packet(program_.get(), "no message"));
  worker_->look();
  EXPECT_FALSE(link_.has_peer());
  print(capture_.output(), "[  FAILED  ] A.a (0 ms)\n");
  (void)worker_->finish({ProcessEnd::Kind::exited, 1});
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 1"}));
}

// An environment's SetUp() may execute another program, which is not linked.
TEST_F(GtestWorkerTest, AnotherProgramInItsPlaceIsFollowedByItsOutput) {
  begin();
  say_hello();
  program_.reset();
  worker_->look();
  print(capture_.output(), std::string(k_run) + "[ RUN      ] B.b\n[       OK ] B.b (0 ms)\n");
  (void)worker_->finish({ProcessEnd::Kind::exited, 0});
  EXPECT_EQ(events_, (Events{"began B.b", "ended B.b 0"}));
}

// A program may close all descriptors that it does not know.
TEST_F(GtestWorkerTest, AProgramThatHasOnlyClosedItsSocketIsFollowedByItsLog) {
  begin();
  say_hello();
  program_.reset();
  worker_->look();
  write("\1A.a");
  worker_->look();
  EXPECT_EQ(events_, Events{"began A.a"});
  connect();
  worker_->look();
  ASSERT_TRUE(os::is_readable(program_.get()));
  char byte = 0;
  EXPECT_EQ(::recv(program_.get(), &byte, 1, 0), 0) << "what connects now is of the case";
  EXPECT_FALSE(link_.has_peer());
}

TEST_F(GtestWorkerTest, AReportCountsOnlyIfItMayBeTheProgramsOwn) {
  const std::string report =
      "<testsuites><testsuite name=\"A\"><testcase name=\"a\" status=\"run\" classname=\"A\" />"
      "</testsuite></testsuites>";
  const struct {
    std::string report;
    std::string printed;
    int code;
    Events events;
  } rows[] = {
      {report, "", 0, {"reported A.a 0"}},
      {report, "[==========] Running 1 test from 1 test suite.\n", 0, {"reported A.a 0"}},
      {report, "[==========] Running 2 tests from 1 test suite.\n", 0, {}},
      {report, "", 1, {}},
      {report.substr(0, 40), "", 0, {}},
  };
  for (const auto& row : rows) {
    std::ofstream(scratch_.path("googletest-cases.xml")) << row.report;
    events_.clear();
    begin();
    if (!row.printed.empty()) print(capture_.output(), row.printed);
    (void)worker_->finish({ProcessEnd::Kind::exited, row.code});
    EXPECT_EQ(events_, row.events) << (&row - rows);
    capture_ = std::move(*supervision::Capture::open(false));
  }
}

// What the program says waits until ctest takes its output, and cannot end an earlier case.
TEST_F(GtestWorkerTest, ACaseHasItsTimeFromItsBeginAlsoWhileCtestReadsNothing) {
  constexpr Milliseconds k_limit{50};
  Result<os::Pipe> ctest = os::make_pipe();
  ASSERT_TRUE(ctest);
  const os::UniqueFd before(::dup(STDOUT_FILENO));
  ASSERT_EQ(::dup2(ctest->write.get(), STDOUT_FILENO), STDOUT_FILENO);
  relay_.emplace(std::string());
  ASSERT_EQ(::dup2(before.get(), STDOUT_FILENO), STDOUT_FILENO);
  begin(k_limit);
  say_hello();
  relay_->write(Stream::output, std::string(4UL * 1024 * 1024, 'x'));
  ASSERT_TRUE(relay_->is_full());
  const Milliseconds began = os::monotonic_now() + k_limit;
  while (os::monotonic_now() <= began) {
  }
  const std::int64_t at_us = os::monotonic_now_us();
  write("\1A.a", at_us);
  EXPECT_EQ(worker_->deadline(), Milliseconds{at_us / 1000} + k_limit);
  EXPECT_TRUE(events_.empty());
}

}  // namespace
}  // namespace holdfast::exec
