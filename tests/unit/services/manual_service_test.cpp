#include "services/manual_service.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

namespace holdfast {
namespace {

class ManualServiceTest : public testing::Test {
 protected:
  bool has_log(unsigned generation) const {
    return std::filesystem::exists(kept_.log_of(generation));
  }

  os::Scratch tree_;
  ManualService kept_{tree_.path(), "db"};
};

TEST_F(ManualServiceTest, IsNotedUntilItIsForgottenAndItsGenerationsGoOn) {
  EXPECT_FALSE(kept_.is_noted());
  EXPECT_EQ(kept_.last_generation(), 0U);
  ASSERT_TRUE(kept_.note(7));
  EXPECT_TRUE(kept_.is_noted());
  EXPECT_EQ(kept_.last_generation(), 7U);
  kept_.forget();
  EXPECT_FALSE(kept_.is_noted());
  EXPECT_EQ(kept_.last_generation(), 7U);
}

TEST_F(ManualServiceTest, KeepsTheOutputOfTheLastTwentyGenerations) {
  ASSERT_TRUE(kept_.note(1));
  for (unsigned generation = 1; generation <= 3; ++generation) {
    std::ofstream(kept_.log_of(generation)) << "listening\n";
  }
  ASSERT_TRUE(kept_.note(20));
  EXPECT_TRUE(has_log(1));
  ASSERT_TRUE(kept_.note(21));
  EXPECT_FALSE(has_log(1));
  EXPECT_TRUE(has_log(2));
  ASSERT_TRUE(kept_.note(22));
  EXPECT_FALSE(has_log(2));
  EXPECT_TRUE(has_log(3));
}

TEST_F(ManualServiceTest, AnAnswerThatIsNotItsHostsIsNone) {
  const std::string path = tree_.path("s");
  const os::Listening host = os::listen_at(path);
  ASSERT_TRUE(host.socket.valid());
  const auto is_taken = [&](const wire::Message& answer) {
    ManualCall call(path, "db", wire::k_state);
    const Result<os::UniqueFd> visitor = os::accept_from(host.socket);
    EXPECT_TRUE(visitor && os::send_message(visitor->get(), answer));
    EXPECT_TRUE(call.look());
    return call.is_connected();
  };
  wire::ManualState state;
  state.order.ctest = os::own_name();
  state.host = os::own_name();
  state.phase = "ready";
  state.order.spec.name = "db";
  EXPECT_TRUE(is_taken(wire::to_message(state)));
  state.order.spec.name = "web";
  EXPECT_FALSE(is_taken(wire::to_message(state)));
  EXPECT_FALSE(is_taken(wire::Message("odd")));
}

}  // namespace
}  // namespace holdfast
