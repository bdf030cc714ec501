#include "run/run_log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <string>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

// A turn of this process, which is in the place of ctest.
class LogTurnTest : public testing::Test {
 protected:
  LogTurnTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    other_end_ = os::UniqueFd(ends[0]);
    turn_.begin(os::UniqueFd(ends[1]));
  }

  bool is_over() const {
    pollfd end{other_end_.get(), 0, 0};
    return ::poll(&end, 1, 0) == 1;
  }

  // Looks whenever a look is due, as the keeper does, until the turn is over.
  void look_until_over() {
    const Milliseconds until = os::monotonic_now() + 20s;
    while (turn_.due() != k_longest && os::monotonic_now() < until) {
      (void)::poll(nullptr, 0, os::poll_time(turn_.due()));
      turn_.look(os::own_name());
    }
  }

  os::UniqueFd other_end_;
  LogTurn turn_;
};

TEST_F(LogTurnTest, IsOverAsSoonAsCtestHasItsLog) {
  turn_.look(os::own_name());
  EXPECT_FALSE(is_over());
  const os::Scratch tree;
  const std::string directory = tree.path("Testing/Temporary");
  std::filesystem::create_directories(directory);
  const os::UniqueFd log(
      ::open((directory + "/LastTest.log.tmp").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(log.valid());
  // One log, however many descriptors it has.
  const os::UniqueFd copy(::fcntl(log.get(), F_DUPFD_CLOEXEC, 0));
  const Milliseconds begun = os::monotonic_now();
  look_until_over();
  EXPECT_TRUE(is_over());
  EXPECT_LT(os::monotonic_now() - begun, 3s);
}

TEST_F(LogTurnTest, OfACtestThatOpensNoLogIsOverInTime) {
  look_until_over();
  EXPECT_TRUE(is_over());
  EXPECT_EQ(turn_.due(), k_longest);
}

}  // namespace
}  // namespace holdfast
