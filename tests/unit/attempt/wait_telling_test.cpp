#include "attempt/messages.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <utility>

#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

// Has the other end of the launcher's connection.
class WaitTellingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    link_ = KeeperLink(std::move(ends->first));
    keeper_ = std::move(ends->second);
    ASSERT_EQ(::fcntl(keeper_.get(), F_SETFL, O_NONBLOCK), 0);
  }

  // What was said since the last call: lines, and waits in brackets. Times are left out: `N s`.
  std::string heard() {
    std::string text;
    while (true) {
      const Result<std::string> packet = os::receive_packet(keeper_.get());
      if (!packet || packet->empty())
        return std::regex_replace(text, std::regex(R"(\d+\.\d s)"), "N s");
      const Result<wire::Message> message = wire::decode(*packet);
      if (!message) return text + "?";
      if (message->kind == wire::Line::k_kind) {
        text += std::string(message->get("line")) + "\n";
        continue;
      }
      const Result<wire::AttemptWait> wait = wire::read<wire::AttemptWait>(*message);
      text += wait && !wait->names.empty() ? "[" + subject_of(*wait) + ": " + wait->why + "]\n"
                                           : "[]\n";
    }
  }

  // A wait that began so long ago.
  WaitTelling waiting(Milliseconds ago, Loudness loudness = Loudness::normal) {
    teller_.emplace(&link_, loudness);
    return {*teller_, test_, "lock db@cluster", os::monotonic_now() - ago};
  }

  KeeperLink link_;
  os::UniqueFd keeper_;
  std::optional<Teller> teller_;
  std::string test_ = "t";
};

TEST_F(WaitTellingTest, AWaitIsToldAtEachTimeAndWhenItIsOver) {
  WaitTelling wait = waiting(3040ms);
  ASSERT_TRUE(wait.take_due());  // at 0.2 s
  wait.tell("held by \"b\"");
  ASSERT_TRUE(wait.take_due());  // at 2 s
  wait.tell("");
  EXPECT_FALSE(wait.take_due());
  wait.tell_success();
  EXPECT_EQ(heard(),
            "\"t\" waiting for lock db@cluster (N s): held by \"b\"\n"
            "\"t\" still waiting for lock db@cluster (N s)\n"
            "\"t\" has lock db@cluster after N s\n");
}

TEST_F(WaitTellingTest, AShortWaitIsNotTold) {
  WaitTelling wait = waiting(0ms);
  wait.tell_keeper({wire::WaitFor::lock, "db@cluster"});
  EXPECT_FALSE(wait.take_due());
  wait.tell_success();
  EXPECT_EQ(heard(), "");
}

TEST_F(WaitTellingTest, TheKeeperIsToldEvenOfWhatNobodyIsToReadYet) {
  WaitTelling wait = waiting(3040ms);
  wait.tell_keeper({wire::WaitFor::step, "slurm"}, 1);
  ASSERT_TRUE(wait.take_due());
  wait.tell("busy");
  EXPECT_EQ(heard(), "[its step on Slurm: busy]\n");
  wait.tell_success();
  EXPECT_EQ(heard(), "[]\n");
  ASSERT_TRUE(wait.take_due());
  wait.tell("busy");
  EXPECT_EQ(heard(), "[its step on Slurm: busy]\n\"t\" waiting for lock db@cluster (N s): busy\n");
}

TEST_F(WaitTellingTest, QuietIsForPeopleOnly) {
  WaitTelling wait = waiting(3040ms, Loudness::quiet);
  wait.tell_keeper({wire::WaitFor::lock, "db@cluster"});
  ASSERT_TRUE(wait.take_due());
  wait.tell("");
  EXPECT_EQ(heard(), "[lock db@cluster: ]\n");
}

}  // namespace
}  // namespace holdfast::supervision
