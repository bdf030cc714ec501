#include "values/service_state.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

using Kind = ServiceNews;
using State = ServiceState;

ServiceLife in(State state, unsigned restarts = 0) { return {state, 1, restarts, false}; }

std::string told(const ServiceStep& step) {
  std::string text(name_of(step.life.state));
  for (const ServiceAction action : step.actions) {
    switch (action) {
      case ServiceAction::start:
        text += " start";
        break;
      case ServiceAction::stop:
        text += " stop";
        break;
      case ServiceAction::note_death:
        text += " death";
        break;
      case ServiceAction::check:
      case ServiceAction::reset:
      case ServiceAction::grant:
      case ServiceAction::refuse:
        text += " none of its actions";
        break;
    }
  }
  return text;
}

struct Row {
  State state;
  Kind kind;
  unsigned users;
  const char* expected;
};

// Each state, and each event that can come in it.
const Row k_rows[] = {
    {State::absent, Kind::wanted, 0, "starting start"},
    {State::absent, Kind::told_to_stop, 0, "absent"},
    {State::absent, Kind::ended, 0, "absent"},
    {State::starting, Kind::ready, 0, "ready"},
    {State::starting, Kind::died, 0, "failed"},
    {State::starting, Kind::ended, 0, "failed"},
    {State::starting, Kind::told_to_stop, 0, "stopping stop"},
    {State::starting, Kind::wanted, 0, "starting"},
    {State::starting, Kind::unhealthy, 0, "stopping death stop"},
    {State::ready, Kind::unhealthy, 0, "stopping death stop"},
    {State::ready, Kind::unhealthy, 2, "draining death"},
    {State::ready, Kind::died, 2, "stopping death"},
    {State::ready, Kind::ended, 2, "absent death"},
    {State::ready, Kind::renew, 0, "stopping stop"},
    {State::ready, Kind::renew, 1, "draining"},
    {State::ready, Kind::told_to_stop, 1, "stopping stop"},
    {State::ready, Kind::unused, 0, "ready"},
    {State::draining, Kind::unused, 0, "stopping stop"},
    {State::draining, Kind::died, 1, "stopping"},
    {State::draining, Kind::ended, 1, "absent"},
    {State::draining, Kind::told_to_stop, 1, "stopping stop"},
    {State::draining, Kind::ready, 1, "draining"},
    {State::stopping, Kind::ended, 0, "absent"},
    {State::stopping, Kind::wanted, 0, "stopping"},
    {State::stopping, Kind::died, 0, "stopping"},
    {State::failed, Kind::wanted, 0, "failed"},
    {State::failed, Kind::ended, 0, "failed"},
};

TEST(ServiceState, FollowsFromEachEvent) {
  for (const Row& row : k_rows) {
    const ServiceStep step = next_step(in(row.state), {row.kind, row.users}, 3);
    EXPECT_EQ(told(step), row.expected)
        << name_of(row.state) << " and event " << static_cast<int>(row.kind);
  }
}

TEST(ServiceState, NotesADeathBeforeTheOrderToStop) {
  const ServiceLife whole = next_step(in(State::starting), {Kind::ready}, 3).life;
  const ServiceLife stopping = next_step(whole, {Kind::told_to_stop}, 3).life;
  const ServiceStep died = next_step(stopping, {Kind::died}, 3);
  EXPECT_EQ(told(died), "stopping death");
  EXPECT_EQ(told(next_step(died.life, {Kind::died}, 3)), "stopping") << "it is noted already";
  EXPECT_EQ(told(next_step(stopping, {Kind::wanted}, 3)), "stopping") << "it has not died";
  EXPECT_EQ(told(next_step(stopping, {Kind::ended}, 3)), "absent") << "it has ended as it was told";
  const ServiceLife draining = next_step(whole, {Kind::renew, 1}, 3).life;
  EXPECT_EQ(told(next_step(draining, {Kind::died, 1}, 3)), "stopping death");
  const ServiceLife unwell = next_step(whole, {Kind::unhealthy, 1}, 3).life;
  EXPECT_EQ(told(next_step(unwell, {Kind::died, 1}, 3)), "stopping") << "it is noted already";
}

TEST(ServiceState, CountsGenerations) {
  EXPECT_EQ(next_step({}, {Kind::wanted}, 3).life.generation, 1U);
  EXPECT_EQ(next_step(in(State::absent), {Kind::wanted}, 3).life.generation, 2U);
}

TEST(ServiceState, FailsAfterTooManyRestartsInARow) {
  ServiceLife life = in(State::ready, 3);
  life = next_step(life, {Kind::died, 0}, 3).life;
  EXPECT_EQ(life.restarts, 4U);
  EXPECT_EQ(next_step(life, {Kind::ended}, 3).life.state, State::failed);
  EXPECT_EQ(next_step(life, {Kind::ended}, 4).life.state, State::absent);
}

TEST(ServiceState, ForgetsRestartsWhenATestWasServed) {
  EXPECT_EQ(next_step(in(State::ready, 3), {Kind::served}, 3).life.restarts, 0U);
}

TEST(ServiceState, DoesNotCountADeathThatOneTestAloneCaused) {
  EXPECT_EQ(next_step(in(State::ready, 3), {Kind::died, 0, 1}, 3).life.restarts, 3U);
  EXPECT_EQ(next_step(in(State::ready, 3), {Kind::unhealthy, 0, 1}, 3).life.restarts, 3U);
  EXPECT_EQ(next_step(in(State::ready, 3), {Kind::died, 2}, 3).life.restarts, 4U);
}

TEST(ServiceState, OnceToldToStopIsNotStartedAgain) {
  ServiceLife life = next_step(in(State::ready), {Kind::told_to_stop}, 3).life;
  life = next_step(life, {Kind::ended}, 3).life;
  EXPECT_EQ(life.state, State::absent);
  EXPECT_EQ(next_step(life, {Kind::wanted}, 3).life.state, State::absent);
  // Even before the first test wanted it.
  life = next_step({}, {Kind::told_to_stop}, 3).life;
  EXPECT_EQ(told(next_step(life, {Kind::wanted}, 3)), "absent");
}

TEST(ServiceState, ToldToStopWhileItStopsStaysStopped) {
  ServiceLife life = next_step(in(State::stopping, 9), {Kind::told_to_stop}, 3).life;
  life = next_step(life, {Kind::ended}, 3).life;
  EXPECT_EQ(life.state, State::absent);
  EXPECT_TRUE(life.is_dismissed);
}

// The death is counted before anything looks at how many there were.
TEST(ServiceState, FailsAtOnceIfTheLastDeathIsItsHosts) {
  EXPECT_EQ(next_step(in(State::ready, 3), {Kind::ended}, 3).life.state, State::failed);
  EXPECT_EQ(next_step(in(State::draining, 4), {Kind::ended}, 3).life.state, State::failed);
}

TEST(ServiceState, OfAGenerationThatDidNotGetReadyNoDeathIsNoted) {
  ServiceLife life = next_step(in(State::starting), {Kind::ready}, 3).life;
  life = next_step(life, {Kind::renew, 0}, 3).life;
  life = next_step(life, {Kind::ended}, 3).life;
  life = next_step(life, {Kind::wanted}, 3).life;
  life = next_step(life, {Kind::told_to_stop}, 3).life;
  EXPECT_EQ(told(next_step(life, {Kind::died}, 3)), "stopping");
}

}  // namespace
}  // namespace holdfast
