#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/scratch.hpp"
#include "services/manual_service.hpp"

namespace holdfast::host {
namespace {

class DoorOfAHost : public testing::Test {
 protected:
  os::UniqueFd come() const {
    os::Connected visitor = os::connect_to(path_, os::k_patience);
    EXPECT_TRUE(visitor.socket.valid());
    return std::move(visitor.socket);
  }
  static void say(const os::UniqueFd& visitor, std::string_view kind) {
    EXPECT_TRUE(os::send_message(visitor.get(), wire::Message(kind)));
  }
  // The messages that have come. `use` as for Door::hear().
  std::vector<std::string> hear(const Door::Use& use = [](os::UniqueFd&, const wire::Message&) {}) {
    std::vector<std::string> kinds;
    door_.hear([&](os::UniqueFd& visitor, const wire::Message& message) {
      kinds.push_back(message.kind);
      use(visitor, message);
    });
    return kinds;
  }
  // For how many connections the host waits, besides new ones.
  std::size_t visitors() const {
    os::Wait wait;
    door_.join(wait);
    return wait.descriptors().size() - 1;
  }

  os::Scratch scratch_;
  std::string path_ = scratch_.path("door");
  Door door_ = std::move(*Door::open(path_));
};

using Kinds = std::vector<std::string>;

TEST_F(DoorOfAHost, HearsEachVisitorUntilItLeaves) {
  os::UniqueFd one = come();
  EXPECT_EQ(hear(), Kinds{});
  const os::UniqueFd two = come();
  say(one, "state");
  say(two, "use");
  EXPECT_EQ(hear(), (Kinds{"state", "use"}));
  EXPECT_EQ(visitors(), 2U);
  // The host would have no rest with one that has left.
  one.reset();
  EXPECT_EQ(hear(), Kinds{});
  EXPECT_EQ(visitors(), 1U);
  say(two, "state");
  EXPECT_EQ(hear(), Kinds{"state"});
}

TEST_F(DoorOfAHost, IsRefusedAtOnceWhereNoSocketCanBe) {
  const Milliseconds before = os::monotonic_now();
  EXPECT_FALSE(Door::open(scratch_.path("missing/door")));
  EXPECT_LT(os::monotonic_now() - before, Milliseconds{5'000});
}

TEST_F(DoorOfAHost, AVisitorThatIsTakenIsNoVisitorAnyMore) {
  const os::UniqueFd user = come();
  say(user, "use");
  os::UniqueFd keeper;
  EXPECT_EQ(hear([&](os::UniqueFd& visitor, const wire::Message&) { keeper = std::move(visitor); }),
            Kinds{"use"});
  EXPECT_TRUE(keeper.valid());
  EXPECT_EQ(visitors(), 0U);
}

}  // namespace
}  // namespace holdfast::host
