#include "watch/watched.hpp"

namespace holdfast::cli {
namespace {

class EventJson : public WatchTest {};

TEST_F(EventJson, AsJsonEachEventIsAnObject) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::lock, "db@project"}, .holder = "b"}, 3);
  state_.take(ended("a", "r.1", Outcome::failed, 3), 1);
  state_.take(logged("a", 1, Verdict::failed, "x:3: bad"), 1);
  state_.take(RunEnded{9, "12-x", true}, 2);
  EXPECT_EQ(
      json(),
      R"({"v":1,"event":"run","at":1.0,"run":"12-x","tree":"/tree","command":["ctest","-j2"]})"
      "\n"
      R"({"v":1,"event":"started","at":2.0,"test":"a","attempt":"r.1","n":1})"
      "\n"
      R"({"v":1,"event":"waits","at":3.0,"test":"a","attempt":"r.1","lock":"db@project","holder":"b"})"
      "\n"
      R"({"v":1,"event":"ended","at":5.0,"test":"a","attempt":"r.1","n":1,"outcome":"failed","went_wrong":true,)"
      R"("exit_code":3,"wall_s":2.0,"headline":"x:3: bad","done":1,"total":3,"left_s":1.5})"
      "\n"
      R"({"v":1,"event":"end","at":9.0,"complete":true,"done":1,"total":3,"counts":{"failed":1}})"
      "\n");
  EXPECT_EQ(waiting_json("/t"), "{\"v\":1,\"event\":\"waiting\",\"tree\":\"/t\"}\n");
}

TEST_F(EventJson, OfATestWithoutHoldfastNoTimeIsKnown) {
  LoggedEnd bare = logged("a", 1, Verdict::passed);
  bare.entry.launched = false;
  state_.take(bare, 1);
  EXPECT_EQ(
      event_json(state_.take_events().back(), {}, {}),
      R"({"v":1,"event":"ended","at":null,"test":"a","outcome":"passed","went_wrong":false,"bare":true,)"
      R"("done":1,"total":3,"left_s":null})"
      "\n");
}

TEST_F(EventJson, WhileNobodyKnowsHowManyTestsThereAreTheTotalIsNull) {
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.settle(2);
  EXPECT_NE(json().find(R"("done":1,"total":null,)"), std::string::npos);
}

TEST_F(EventJson, AsJsonAWaitForServicesHasTheirNamesAndTheReason) {
  state_.take(begun("a", "r.1", 2), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::services, "web", "starting"}}, 3);
  EXPECT_EQ(
      event_json(state_.take_events().back(), {}, {}),
      R"({"v":1,"event":"waits","at":3.0,"test":"a","attempt":"r.1","lock":null,"holder":null,"services":"web","why":"starting"})"
      "\n");
}

TEST_F(EventJson, AsJsonThereIsNoMoreThanIsKnown) {
  state_.take(begun("a", "r.1", 2, 3), 0);
  state_.set_wait("r.1", {.of = {wire::WaitFor::lock, "db@project"}}, 3);
  state_.set_wait("r.1", {}, 4);
  state_.take(service("started", 1), 5);
  const auto events = state_.take_events();
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(event_json(events[1], {}, {}),
            R"({"v":1,"event":"started","at":2.0,"test":"a","attempt":"r.1","n":3})"
            "\n");
  EXPECT_EQ(
      event_json(events[3], {}, {}),
      R"({"v":1,"event":"waits","at":4.0,"test":"a","attempt":"r.1","lock":null,"holder":null})"
      "\n");
  EXPECT_EQ(
      event_json(events[4], {}, {}),
      R"({"v":1,"event":"service","at":4.0,"service":"db","instance":1,"generation":2,"what":"started"})"
      "\n");
}

}  // namespace
}  // namespace holdfast::cli
