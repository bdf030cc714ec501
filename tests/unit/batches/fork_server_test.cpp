// What is heard of a server that is to fork its cases. The test is the server.
#include "batches/fork_server.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <cstring>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/scratch.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {
namespace {

using Events = std::vector<std::string>;

class ForkServerTest : public testing::Test {
 protected:
  explicit ForkServerTest(unsigned processors = 1)
      : plan_(plan_with(processors)),
        capture_(std::move(*supervision::Capture::open(true))),
        slots_(plan_),
        batch_(Isolation::fork, googletest(), Telling::beginnings),
        server_({plan_, batch_, false, capture_, relay_, link_, slots_, "/launcher",
                 scratch_.path(), total_,
                 [this](const BatchEvent& event, const OutputRange&) { note(event); }}) {}

  void SetUp() override {
    program_ = os::UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const os::UniqueFd directory = scratch_.open();
    const std::string path =
        "/proc/self/fd/" + std::to_string(directory.get()) + "/" + HOLDFAST_WORKER_SOCKET;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(
        ::connect(program_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    server_.on_main_started(::getpid());
  }

  virtual void note(const BatchEvent& event) {
    using Kind = BatchEvent::Kind;
    if (event.kind == Kind::reached) events_.emplace_back("reached");
    if (event.kind == Kind::cannot_fork) events_.push_back("cannot fork: " + event.why);
    if (event.kind != Kind::listed) return;
    std::string cases;
    for (const std::string& name : event.cases) cases += " " + name;
    events_.push_back("listed" + cases);
  }

  void say(const std::string& packet) {
    ASSERT_TRUE(os::send_packet(program_.get(), packet));
    server_.look();
  }
  // What the server is told next; empty: nothing, or that it is not heard any more.
  std::string told() const {
    if (!os::is_readable(program_.get())) return {};
    const Result<std::string> packet = os::receive_packet(program_.get());
    return packet ? *packet : std::string();
  }

  static supervision::AttemptPlan plan_with(unsigned processors) {
    supervision::AttemptPlan plan;
    plan.policy.processors = processors;
    return plan;
  }

  const os::Scratch scratch_;
  supervision::AttemptPlan plan_;
  supervision::Capture capture_;
  OutputRelay relay_{std::string()};
  WorkerLink link_ = WorkerLink::listen(scratch_.path());
  LentSlots slots_;
  Batch batch_;
  BatchTotal total_;
  Events events_;
  ForkServer server_;
  os::UniqueFd program_;
};

TEST_F(ForkServerTest, ListsItsCasesOnce) {
  plan_.policy.grace = Milliseconds{7};
  say(worker_message({HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, "1"}));
  EXPECT_EQ(told(),
            worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_FORK, "/launcher", "7"}));
  say(worker_message({HOLDFAST_WORKER_LIST, "A.a", "A.b"}));
  say(worker_message({"of another version", "1"}));
  say(worker_message({HOLDFAST_WORKER_LISTED}));
  EXPECT_EQ(events_, (Events{"reached", "listed A.a A.b"}));
  EXPECT_EQ(told(), worker_message({HOLDFAST_WORKER_QUIT})) << "no case waits";
  say(worker_message({HOLDFAST_WORKER_LISTED}));
  EXPECT_EQ(events_.size(), 2U);
}

TEST_F(ForkServerTest, MaySayThatItCannotFork) {
  say(worker_message({HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, "1"}));
  say(worker_message({HOLDFAST_WORKER_CANNOT_FORK, "it has 2 threads"}));
  EXPECT_EQ(events_, (Events{"reached", "cannot fork: it has 2 threads"}));
}

TEST_F(ForkServerTest, OfAnotherVersionIsNotHeard) {
  say(worker_message({HOLDFAST_WORKER_HELLO, "0", "1"}));
  EXPECT_FALSE(link_.has_peer());
  EXPECT_EQ(told(), "");
  EXPECT_TRUE(events_.empty());
}

TEST_F(ForkServerTest, ThatSendsNoMessageIsNotHeardAnyMore) {
  say(worker_message({HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, "1"}));
  say("no message");
  EXPECT_FALSE(link_.has_peer());
  EXPECT_EQ(events_, Events{"reached"});
}

// A server and its cases. The test is each case and its anchor, too.
class ForkedCases : public ForkServerTest {
 protected:
  explicit ForkedCases(unsigned processors = 1) : ForkServerTest(processors) {}

  void SetUp() override {
    ForkServerTest::SetUp();
    identity_.attempt = "r.1";
    plan_.identity = &identity_;
    (void)batch_.happened({.kind = BatchEvent::Kind::begun});
    say(worker_message({HOLDFAST_WORKER_HELLO, HOLDFAST_WORKER_VERSION, "1"}));
    (void)told();
  }
  void note(const BatchEvent& event) override {
    ForkServerTest::note(event);
    if (event.kind == BatchEvent::Kind::child_began) events_.push_back("began " + name_of(event));
    if (event.kind == BatchEvent::Kind::child_ended) {
      events_.push_back("ended " + name_of(event));
      ended_ = event;
    }
    (void)batch_.happened(event);
  }
  static std::string name_of(const BatchEvent& event) { return std::string(event.name); }

  void list(std::initializer_list<std::string_view> cases) {
    for (const std::string_view name : cases) say(worker_message({HOLDFAST_WORKER_LIST, name}));
    say(worker_message({HOLDFAST_WORKER_LISTED}));
    events_.clear();
  }
  // What `from` is ordered next, and how many descriptors come with it; the last one is kept.
  struct Order {
    std::string packet;
    std::size_t descriptors = 0;
    os::UniqueFd last;
  };
  static Order order_on(const os::UniqueFd& from) {
    Order order;
    if (!os::is_readable(from.get())) return order;
    char packet[1024];
    alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))];
    iovec part{packet, sizeof packet};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(from.get(), &message, MSG_CMSG_CLOEXEC);
    if (size > 0) order.packet.assign(packet, static_cast<std::size_t>(size));
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
         head = CMSG_NXTHDR(&message, head)) {
      if (head->cmsg_type != SCM_RIGHTS) continue;
      order.descriptors = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < order.descriptors; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
        order.last = os::UniqueFd(fd);
      }
    }
    return order;
  }
  void report(const os::UniqueFd& from, std::initializer_list<std::string_view> fields) {
    ASSERT_TRUE(os::send_packet(from.get(), worker_message(fields)));
    server_.look();
  }
  static WorkerEnd of_server(ProcessEnd main, EndedBy by = EndedBy::itself) {
    WorkerEnd end;
    end.main = main;
    end.by = by;
    return end;
  }

  supervision::AttemptIdentity identity_;
  BatchEvent ended_;
};

TEST_F(ForkedCases, TheNextCaseIsOrderedFromAnAnchorThatIsFree) {
  list({"A.a", "A.b"});
  Order first = order_on(program_);
  EXPECT_EQ(first.packet, worker_message({HOLDFAST_WORKER_RUN, "1", "A.a"}));
  EXPECT_EQ(first.descriptors, 3U) << "stdout, stderr and where to report";
  EXPECT_EQ(told(), "") << "there is one slot";
  report(first.last, {HOLDFAST_WORKER_OVER, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"});
  EXPECT_EQ(events_, (Events{"ended A.a", "began A.b"}));
  EXPECT_EQ(ended_.child_said, CaseEnd::passed);
  EXPECT_TRUE(ended_.child_finished);
  EXPECT_TRUE(ended_.end.ended_well());
  EXPECT_GT(ended_.at_us, 0);
  const Order second = order_on(first.last);
  EXPECT_EQ(second.packet, worker_message({HOLDFAST_WORKER_RUN, "2", "A.b"}));
  EXPECT_EQ(second.descriptors, 2U);
  EXPECT_EQ(told(), "") << "the server has nothing to do";
  report(first.last, {HOLDFAST_WORKER_OVER, "256", "1", "2", "3", HOLDFAST_WORKER_FAILED, "0"});
  EXPECT_EQ(ended_.child_said, CaseEnd::failed);
  EXPECT_FALSE(ended_.child_finished);
  EXPECT_TRUE(ended_.end.main.exited_with(1));
  EXPECT_EQ(told(), worker_message({HOLDFAST_WORKER_QUIT}));
  char byte = 0;
  EXPECT_EQ(::recv(first.last.get(), &byte, 1, MSG_DONTWAIT), 0) << "the anchor ends";
}

// The anchor is gone, or is killed when it has the order.
TEST_F(ForkedCases, ACaseThatNoAnchorTakesIsTheServers) {
  list({"A.a", "A.b"});
  Order first = order_on(program_);
  ASSERT_TRUE(os::send_packet(
      first.last.get(),
      worker_message({HOLDFAST_WORKER_OVER, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"})));
  first.last.reset();
  server_.look();
  EXPECT_EQ(order_on(program_).packet, worker_message({HOLDFAST_WORKER_RUN, "2", "A.b"}));
}

class TwoForkedCases : public ForkedCases {
 protected:
  TwoForkedCases() : ForkedCases(2) {}
};

TEST_F(TwoForkedCases, NoneBeginsBesideOneThatIsLost) {
  list({"A.a", "A.b", "A.c"});
  Order first = order_on(program_);
  const Order second = order_on(program_);
  EXPECT_EQ(second.packet, worker_message({HOLDFAST_WORKER_RUN, "2", "A.b"}));
  first.last.reset();
  server_.look();
  EXPECT_EQ(events_, Events{}) << "how it ended is known when the server is gone";
  report(second.last, {HOLDFAST_WORKER_OVER, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"});
  EXPECT_EQ(order_on(second.last).packet, "");
  EXPECT_EQ(order_on(program_).packet, worker_message({HOLDFAST_WORKER_QUIT}));
  server_.finish(of_server({ProcessEnd::Kind::exited, 0}));
  EXPECT_EQ(events_, (Events{"ended A.a", "ended A.b"}));
  EXPECT_EQ(batch_.results()[0].outcome, Outcome::internal_error);
  EXPECT_EQ(batch_.results()[0].note, "its supervisor was killed");
  EXPECT_EQ(batch_.results()[1].outcome, Outcome::passed);
  EXPECT_EQ(batch_.waiting(), std::deque<std::string>{"A.c"});
}

TEST_F(ForkedCases, OneThatDiesWithItsServerHasTheServersEnd) {
  list({"A.a"});
  const Order order = order_on(program_);
  program_.reset();
  server_.look();
  report(order.last, {HOLDFAST_WORKER_ENDED, std::to_string(SIGKILL)});
  report(order.last, {HOLDFAST_WORKER_GONE, "0"});
  EXPECT_EQ(events_, Events{});
  server_.finish(of_server({ProcessEnd::Kind::signalled, SIGSEGV}));
  EXPECT_EQ(events_, Events{"ended A.a"});
  EXPECT_TRUE(ended_.end.main.died_of(SIGSEGV));
  EXPECT_EQ(ended_.why, "the process that had forked it was gone");
}

TEST_F(ForkedCases, OneThatEndedBeforeItsServerDiedHasItsOwnEnd) {
  list({"A.a"});
  const Order order = order_on(program_);
  program_.reset();
  server_.look();
  report(order.last, {HOLDFAST_WORKER_ENDED, "768", "1", "2", "3", HOLDFAST_WORKER_UNSAID, "0"});
  report(order.last, {HOLDFAST_WORKER_GONE, "0"});
  server_.finish(of_server({ProcessEnd::Kind::signalled, SIGSEGV}));
  EXPECT_EQ(events_, Events{"ended A.a"});
  EXPECT_TRUE(ended_.end.main.exited_with(3));
  EXPECT_EQ(ended_.end.by, EndedBy::itself);
  EXPECT_FALSE(ended_.child_said) << "it has not said how it ended";
}

TEST_F(ForkedCases, OneThatIsEndedWithTheWholeTreeWasEndedByWhoEndedThat) {
  list({"A.a"});
  const Order order = order_on(program_);
  server_.on_tree_ends();
  report(order.last, {HOLDFAST_WORKER_ENDED, std::to_string(SIGTERM)});
  report(order.last, {HOLDFAST_WORKER_GONE, "0"});
  EXPECT_EQ(events_, Events{});
  server_.finish(of_server({ProcessEnd::Kind::signalled, SIGKILL}, EndedBy::whole_limit));
  EXPECT_EQ(events_, Events{"ended A.a"});
  EXPECT_EQ(ended_.end.by, EndedBy::whole_limit);
  EXPECT_TRUE(ended_.end.main.died_of(SIGTERM));
}

TEST_F(ForkedCases, WhatOneLeavesIsTheBatchsAndRedOnlyIfItMustNot) {
  for (const OnLeak on_leak : {OnLeak::kill, OnLeak::fail}) {
    plan_.policy.on_leak = on_leak;
    const bool is_first = on_leak == OnLeak::kill;
    if (is_first) list({"A.a", "A.b"});
    const Order order = order_on(program_);
    report(order.last, {HOLDFAST_WORKER_ENDED, "0", "1", "2", "3", HOLDFAST_WORKER_PASSED, "1"});
    report(order.last, {HOLDFAST_WORKER_LEFT, "1", "77", "sleep"});
    report(order.last, {HOLDFAST_WORKER_GONE, "0"});
    EXPECT_NE(ended_.end.left.find("sleep"), std::string::npos) << ended_.end.left;
    EXPECT_EQ(ended_.end.leak_fails, !is_first);
    EXPECT_EQ(total_.result.report.leftovers, is_first ? 1U : 2U);
  }
}

TEST_F(ForkedCases, AMarkerIsOfTheCaseThatLeftIt) {
  ASSERT_TRUE(os::leave_marker(scratch_.path(), {"r.1", {8, 9}, "why"}));
  list({"A.a"});
  const Order order = order_on(program_);
  report(order.last, {HOLDFAST_WORKER_CHILD, "7", "8", "9"});
  report(order.last, {HOLDFAST_WORKER_OVER, "256", "1", "2", "3", HOLDFAST_WORKER_UNSAID, "0"});
  EXPECT_EQ(events_.front(), "ended A.a");
  EXPECT_TRUE(ended_.end.marker);
}

TEST_F(ForkedCases, TheTimeOfEachIsLimited) {
  plan_.policy.case_timeout = Milliseconds{1};
  plan_.policy.grace = Milliseconds{7};
  plan_.loudness = Loudness::quiet;  // nobody waits for stacks
  list({"A.a"});
  const Order order = order_on(program_);
  EXPECT_LT(server_.deadline(), k_longest);
  const Milliseconds since = os::monotonic_now();
  while (os::monotonic_now() < since + Milliseconds{2}) {
  }
  EXPECT_EQ(server_.overdue().size(), 1U);
  EXPECT_EQ(server_.on_deadline(), supervision::Companion::Verdict::go_on);
  EXPECT_EQ(order_on(order.last).packet,
            worker_message({HOLDFAST_WORKER_TERMINATE, std::to_string(SIGTERM), "7"}));
  EXPECT_TRUE(server_.overdue().empty());
  report(order.last, {HOLDFAST_WORKER_OVER, std::to_string(SIGTERM)});
  EXPECT_EQ(ended_.end.by, EndedBy::case_limit);
}

TEST_F(ForkedCases, APauseIsNoPartOfTheirTime) {
  plan_.policy.case_timeout = Milliseconds{3'600'000};
  list({"A.a"});
  const Milliseconds before = server_.deadline();
  server_.on_pause(Milliseconds{5});
  EXPECT_EQ(server_.deadline(), before + Milliseconds{5});
}

}  // namespace
}  // namespace holdfast::exec
