// What is heard of a server that is to fork its cases. The test is the server.
#include "batches/fork_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/scratch.hpp"
#include "values/case_result.hpp"

namespace holdfast::exec {
namespace {

using Events = std::vector<std::string>;

class ForkServerTest : public testing::Test {
 protected:
  ForkServerTest()
      : capture_(std::move(*supervision::Capture::open(true))),
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

  void note(const BatchEvent& event) {
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

}  // namespace
}  // namespace holdfast::exec
