// What is made of what a GoogleTest program prints and says. The test is the program.
#include "batches/test_program.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batches/batch_report.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/scratch.hpp"
#include "output/output_relay.hpp"
#include "settings/wire.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {
namespace {

using Events = std::vector<std::string>;

class GtestWorkerTest : public testing::Test {
 protected:
  explicit GtestWorkerTest(supervision::AttemptPlan plan = {})
      : plan_(std::move(plan)),
        capture_(std::move(*supervision::Capture::open(false))),
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
    const auto tell = [this](const BatchEvent& event, const OutputRange& range) {
      note(event);
      if (event.kind == BatchEvent::Kind::case_ended)
        printed_ = relay_->part(range.begin, range.end);
    };
    GtestReportFiles report = report_;
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
    if (event.kind == Kind::leaves) events_.emplace_back("leaves");
    if (event.kind == Kind::all_skipped) events_.emplace_back("all skipped");
    if (event.kind == Kind::printed_help) events_.emplace_back("help");
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
  std::string printed_;  // by the case that ended last
  GtestReportFiles report_;
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

// What belongs to a case, in the file with the output of all.

TEST_F(GtestWorkerTest, OfAProgramThatIsNotLinkedACaseHasAllThatCameBetweenItsLines) {
  relay_.emplace(scratch_.path("log"));
  begin();
  print(capture_.output(), "start\n" + std::string(k_run) + "[ RUN      ] A.a\nin ");
  print(capture_.errors(), "a warning\n");
  print(capture_.output(), "it\n[       OK ] A.a (0 ms)\n");
  print(capture_.output(), "[ RUN      ] A.b\n[  FAILED  ] A.b (0 ms)\nlater\n");
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 0", "began A.b"}))
      << "what a case printed may look like its end";
  EXPECT_EQ(printed_, "[ RUN      ] A.a\nin a warning\nit\n[       OK ] A.a (0 ms)\n");
  const OutputRange rest = worker_->finish({ProcessEnd::Kind::exited, 1});
  EXPECT_EQ(events_.back(), "ended A.b 1");
  EXPECT_EQ(printed_, "[ RUN      ] A.b\n[  FAILED  ] A.b (0 ms)\n");
  EXPECT_EQ(relay_->part(rest.begin, rest.end), "later\n");
}

// A case may print a line as if it had ended. Its true last line comes after that.
TEST_F(GtestWorkerTest, OfTwoLastLinesOfACaseTheLaterOneCounts) {
  begin();
  print(capture_.output(), std::string(k_run) +
                               "[ RUN      ] A.a\n[       OK ] A.a (0 ms)\nforged\n"
                               "[  FAILED  ] A.a (0 ms)\n");
  (void)worker_->finish({ProcessEnd::Kind::exited, 1});
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 1"}));
}

TEST_F(GtestWorkerTest, OfALinkedProgramACaseHasItsLinesToo) {
  relay_.emplace(scratch_.path("log"));
  begin();
  say_hello();
  write("\1A.a");
  print(capture_.output(), std::string(k_run) + "[ RUN      ] A.a\nin it\n");
  write("\2");
  print(capture_.output(), "[       OK ] A.a (0 ms)\nafter\n");
  worker_->look();
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 0"}));
  EXPECT_EQ(printed_, "[ RUN      ] A.a\nin it\n[       OK ] A.a (0 ms)\n");
  // It dies in a case of which it has printed nothing.
  write("\1A.b");
  worker_->look();
  print(capture_.errors(), "dies\n");
  const OutputRange rest = worker_->finish({ProcessEnd::Kind::signalled, 11});
  EXPECT_EQ(relay_->part(rest.begin, rest.end), "dies\n");
}

TEST_F(GtestWorkerTest, ThatSpeaksAnotherVersionIsFollowedByItsOutput) {
  begin();
  connect();
  worker_->on_main_started(::getpid());
  say({HOLDFAST_WORKER_HELLO, "0", "1"});
  EXPECT_FALSE(link_.has_peer());
  EXPECT_EQ(told(), "");
  print(capture_.output(), std::string(k_run) + "[ RUN      ] A.a\n");
  EXPECT_EQ(events_, Events{"began A.a"});
}

TEST_F(GtestWorkerTest, ThatWillSayNoMoreIsFollowedByItsOutput) {
  begin();
  say_hello();
  say({HOLDFAST_WORKER_SILENT});
  EXPECT_FALSE(link_.has_peer());
  print(capture_.output(), std::string(k_run) +
                               "[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n[==========] 1 test "
                               "from 1 test suite ran. (0 ms total)\n");
  (void)worker_->finish({ProcessEnd::Kind::exited, 0});
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 0", "finished"}));
}

TEST_F(GtestWorkerTest, WhatWasPrintedBeforeItFellSilentIsTakenThen) {
  begin();
  say_hello();
  print(capture_.output(), std::string(k_run) +
                               "[ RUN      ] A.a\n[  FAILED  ] A.a (0 ms)\n[==========] 1 test "
                               "from 1 test suite ran. (0 ms total)\n");
  EXPECT_EQ(events_, Events{});
  say({HOLDFAST_WORKER_SILENT});
  EXPECT_EQ(events_, (Events{"began A.a", "ended A.a 1", "finished"}));
}

TEST_F(GtestWorkerTest, ThatAllIsSkippedIsSaidOrInItsReport) {
  begin();
  say_hello();
  say({HOLDFAST_WORKER_ALL_SKIPPED});
  EXPECT_EQ(events_, Events{"all skipped"});
  (void)worker_->finish({ProcessEnd::Kind::exited, 0});
  events_.clear();
  std::ofstream(scratch_.path("googletest-cases.xml"))
      << "<testsuites><testsuite name=\"A\"><testcase name=\"a\" status=\"run\" "
         "result=\"completed\" timestamp=\"1970-01-01T00:00:00\" classname=\"A\" "
         "/></testsuite></testsuites>";
  capture_ = std::move(*supervision::Capture::open(false));
  begin();
  (void)worker_->finish({ProcessEnd::Kind::exited, 0});
  EXPECT_EQ(events_, Events{"all skipped"});
}

// A linked program says hello before it lists its cases, and waits for an answer.
TEST_F(GtestWorkerTest, ThatListsItsCasesIsAnsweredAndItsListIsKept) {
  relay_.emplace(scratch_.path("log"));
  Listing listing(capture_, *relay_, link_, Stream::output, Milliseconds{0});
  connect();
  ASSERT_TRUE(os::send_packet(
      program_.get(), worker_message({HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, "1"})));
  listing.look();
  EXPECT_FALSE(link_.has_peer()) << "its number is not known yet";
  listing.on_main_started(::getpid());
  EXPECT_EQ(told(), worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_REPORT}));
  for (const auto& [stream, text] : {std::pair(capture_.output(), std::string_view("A.\n")),
                                     std::pair(capture_.errors(), std::string_view("warns\n")),
                                     std::pair(capture_.output(), std::string_view("  a\n"))}) {
    ASSERT_EQ(::write(stream, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    listing.look();
  }
  listing.finish();
  EXPECT_EQ(listing.text(), "A.\n  a\n");
  EXPECT_EQ(relay_->part(0, relay_->position()), "warns\n") << "that is output of the test";
  connect();
  link_.accept(::getpid());
  EXPECT_TRUE(link_.has_peer()) << "the worker comes after it";
}

TEST_F(GtestWorkerTest, AHelpAtItsEndIsTold) {
  begin();
  print(capture_.output(), "Usage\n<googletestframework@googlegroups.com>.\n");
  (void)worker_->finish({ProcessEnd::Kind::exited, 0});
  EXPECT_EQ(events_, Events{"help"});
}

TEST_F(GtestWorkerTest, ItsPartOfTheUsersReportIsKept) {
  const std::string parts = parts_in(scratch_.path());
  std::filesystem::create_directory(parts);
  report_.part = scratch_.path("r.xml.1");
  report_.parts = parts;
  std::ofstream(report_.part) << "<testsuites>";
  begin();
  (void)worker_->finish({ProcessEnd::Kind::signalled, 11});
  EXPECT_FALSE(std::filesystem::exists(report_.part));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(parts), {}), 1);
}

// A program that asks before each case whether its services are as it knows them. The test is the
// keeper.
class GtestWorkerWithServices : public GtestWorkerTest {
 protected:
  GtestWorkerWithServices() : GtestWorkerWithServices(std::move(*os::packet_pair())) {}

  void say_hello_and_hear_that_it_is_to_ask() {
    EXPECT_EQ(services_.have(), supervision::AcquiredServices::End::acquired);
    connect();
    worker_->on_main_started(::getpid());
    say({HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, "1"});
    auto mode = os::receive_with_descriptor(program_.get());
    ASSERT_TRUE(mode);
    EXPECT_EQ(mode->packet, worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_REPORT}) +
                                worker_message({HOLDFAST_WORKER_ASK}));
    log_ = std::move(mode->descriptor);
  }
  void answer(const std::vector<Variable>& variables) {
    const wire::ServicesAnswer all{.uses = {{"db", 2}}, .variables = variables};
    ASSERT_TRUE(os::send_message(keeper_.get(), to_message(all)));
    worker_->look();
  }

  os::UniqueFd keeper_;
  os::UniqueFd for_batch_;

 private:
  explicit GtestWorkerWithServices(std::pair<os::UniqueFd, os::UniqueFd> ends)
      : GtestWorkerTest(plan_with(ends.second.get())),
        keeper_(std::move(ends.first)),
        for_batch_(std::move(ends.second)) {}

  static supervision::AttemptPlan plan_with(int keeper) {
    static char* nothing[] = {nullptr};
    supervision::AttemptPlan plan;
    plan.keeper = keeper;
    plan.command.environment = nothing;
    plan.policy.services = {{"db", ServiceMode::shared}};
    return plan;
  }
};

TEST_F(GtestWorkerWithServices, GoesOnIfTheyAreTheSame) {
  begin(Milliseconds{3'600'000});
  say_hello_and_hear_that_it_is_to_ask();
  say({HOLDFAST_WORKER_ASK});
  EXPECT_TRUE(os::is_readable(keeper_.get()));
  EXPECT_EQ(worker_->deadline(), k_longest) << "that time is of no case";
  EXPECT_EQ(told(), "");
  answer({});
  EXPECT_EQ(told(), worker_message({HOLDFAST_WORKER_GO}));
  EXPECT_LT(worker_->deadline(), k_longest);
  EXPECT_EQ(events_, Events{});
}

TEST_F(GtestWorkerWithServices, LeavesIfTheyAreOthers) {
  begin();
  say_hello_and_hear_that_it_is_to_ask();
  say({HOLDFAST_WORKER_ASK});
  answer({{"X", "2"}});
  EXPECT_EQ(told(), worker_message({HOLDFAST_WORKER_LEAVE}));
  EXPECT_EQ(events_, Events{"leaves"});
}

}  // namespace
}  // namespace holdfast::exec
