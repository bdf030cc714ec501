#include "watch/watched.hpp"

namespace holdfast::cli {
namespace {

class Waits : public WatchTest {};

TEST_F(Waits, AWaitThatTheKeeperKnowsHasItsReason) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.take_events();
  const wire::LiveWait asks{"r.1",
                            {wire::WaitFor::lock, "db@cluster", "etcd has not answered yet"}};
  const wire::LiveWait lock{"r.1", {wire::WaitFor::lock, "db@cluster", "held by \"b\""}};
  const wire::LiveWait step{"r.1", {wire::WaitFor::step, "slurm"}};
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {asks}), 2);
  EXPECT_EQ(lines(), "\"a\" waits for lock db@cluster: etcd has not answered yet\n");
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {lock}), 3);
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {lock}), 3);  // nothing new
  state_.set_wait("r.1", wait_of("r.1", 7, {}, {step}), 4);
  state_.set_wait("r.1", wait_of("r.2", 7, {}, {step}), 5);
  const auto events = state_.take_events();
  std::string text;
  for (const WatchEvent& event : events) text += event_line(event, {}, Lines::all, Colour::none);
  EXPECT_EQ(text,
            "\"a\" waits for lock db@cluster: held by \"b\"\n"
            "\"a\" waits for its step on Slurm\n"
            "\"a\" waits no longer\n");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(
      event_json(events[0], {}, {}),
      R"({"v":1,"event":"waits","at":3.0,"test":"a","attempt":"r.1","lock":"db@cluster","holder":null,"why":"held by \"b\""})"
      "\n");
  EXPECT_EQ(
      event_json(events[1], {}, {}),
      R"({"v":1,"event":"waits","at":4.0,"test":"a","attempt":"r.1","lock":null,"holder":null,"step":"slurm"})"
      "\n");
}

TEST_F(Waits, OfACommandThatATestStartsAreNotThoseOfTheTest) {
  os::SurveyedLock lock;
  lock.scope = LockScope::project;
  lock.name = "db";
  LockParty holder;
  holder.test = "h";
  LockParty waiter;
  waiter.attempt = "r.1";
  waiter.process = {7, 1};
  lock.holders = {holder};
  lock.waiters = {waiter};
  const TestWait wait = wait_of("r.1", 7, {lock}, {});
  EXPECT_EQ(wait.names_of(wire::WaitFor::lock), "db@project");
  EXPECT_EQ(wait.holder, "h");
  EXPECT_FALSE(wait_of("r.1", 8, {lock}, {}).is_any());
  EXPECT_FALSE(wait_of("r.2", 7, {lock}, {}).is_any());
}

TEST_F(Waits, ALockMayBeFreeByNow) {
  os::SurveyedLock lock;
  lock.scope = LockScope::project;
  lock.name = "db";
  LockParty waiter;
  waiter.attempt = "r.1";
  waiter.process = {7, 1};
  lock.waiters = {waiter};
  const TestWait wait = wait_of("r.1", 7, {lock}, {});
  EXPECT_EQ(wait.names_of(wire::WaitFor::lock), "db@project");
  EXPECT_EQ(wait.holder, "");
}

TEST_F(Waits, OnlyTheReasonForAWaitForALockIsNews) {
  const auto wait = [](wire::WaitFor what, const std::string& why) {
    return TestWait{.of = {what, "db", why}};
  };
  using wire::WaitFor;
  EXPECT_TRUE(wait(WaitFor::services, "1 s").is_as(wait(WaitFor::services, "2 s")));
  EXPECT_FALSE(wait(WaitFor::lock, "one").is_as(wait(WaitFor::lock, "two")));
  EXPECT_FALSE(wait(WaitFor::services, "1 s").is_as(wait(WaitFor::lock, "1 s")));
}

TEST_F(Waits, ATestThatHasEndedWaitsForNothing) {
  lines();
  state_.set_wait("r.9", {.of = {wire::WaitFor::lock, "db@project"}}, 3);
  EXPECT_EQ(lines(), "");
}

TEST_F(Waits, AWaitIsNoLineOnATerminal) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::lock, "db@project"}}, 3);
  EXPECT_EQ(lines(Lines::only_trouble), "");
}

TEST_F(Waits, TheRecordsOfTheLocksComeBeforeWhatTheKeeperSays) {
  os::SurveyedLock lock;
  lock.scope = LockScope::user;
  lock.name = "db";
  LockParty waiter;
  waiter.attempt = "r.1";
  waiter.process = {7, 1};
  lock.waiters = {waiter};
  const std::vector<wire::LiveWait> waits = {{"r.2", {wire::WaitFor::step, "slurm"}},
                                             {"r.1", {wire::WaitFor::services, "web", "starting"}}};
  EXPECT_EQ(wait_of("r.1", 7, {lock}, waits).names_of(wire::WaitFor::lock), "db@user");
  const TestWait wait = wait_of("r.1", 7, {}, waits);
  EXPECT_EQ(wait.names_of(wire::WaitFor::services), "web");
  EXPECT_EQ(wait.of.why, "starting");
  EXPECT_EQ(wait.holder, "");
}

}  // namespace
}  // namespace holdfast::cli
