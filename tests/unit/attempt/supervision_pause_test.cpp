// Job control: if the test stops, we stop with it; if it does not, we do not.
#include <gtest/gtest.h>

#include "attempt/supervision.hpp"
#include "attempt/supervision_words.hpp"

namespace holdfast {
namespace {

constexpr ExitMode k_modes[] = {ExitMode::ctest, ExitMode::command};
constexpr int k_stop = 19;
constexpr int k_tstp = 20;
constexpr int k_stop_signals[] = {k_tstp, 21, 22};

Event main_stopped(int signal, bool watched_by_shell = false) {
  Event event{Event::Kind::main_stopped, signal};
  event.watched_by_shell = watched_by_shell;
  return event;
}

const Event k_continued{Event::Kind::main_continued};

TEST(Pause, ToBeToldToStopStopsNobodyBeforeTheTestHasStopped) {
  for (ExitMode mode : k_modes) {
    for (int signal : k_stop_signals) {
      const std::string number = std::to_string(signal);
      EXPECT_EQ(text_of(next_step({}, by_terminal(signal), mode).actions), "");
      const SupervisionStep told = next_step({}, by_kill(signal), mode);
      EXPECT_EQ(text_of(told.actions), "forward_signal " + number);
      EXPECT_FALSE(told.state.paused);
      const SupervisionStep stopped = next_step(told.state, main_stopped(signal), mode);
      EXPECT_EQ(text_of(stopped.actions), "stop_self " + number);
      EXPECT_TRUE(stopped.state.paused);
    }
  }
}

TEST(Pause, WeStopByTheSignalThatStoppedTheTest) {
  const SupervisionState told = next_step({}, by_terminal(k_tstp), ExitMode::ctest).state;
  // The test restored the terminal first, and then stopped itself.
  EXPECT_EQ(text_of(next_step(told, main_stopped(k_stop), ExitMode::ctest).actions),
            "stop_self 19");
}

TEST(Pause, TheTestMayHaveStoppedBeforeWeHearWhy) {
  for (ExitMode mode : k_modes) {
    const SupervisionStep stopped = next_step({}, main_stopped(k_tstp), mode);
    EXPECT_EQ(text_of(stopped.actions), "");
    EXPECT_EQ(text_of(next_step(stopped.state, by_terminal(k_tstp), mode).actions), "stop_self 20");
  }
}

TEST(Pause, WhoStopsByItselfHangsUnderCtestAndIsAPauseToAShell) {
  EXPECT_FALSE(next_step({}, main_stopped(k_stop, true), ExitMode::ctest).state.paused);
  EXPECT_FALSE(next_step({}, main_stopped(k_stop, false), ExitMode::command).state.paused);
  const SupervisionStep step = next_step({}, main_stopped(k_stop, true), ExitMode::command);
  EXPECT_EQ(text_of(step.actions), "stop_self 19");
  EXPECT_TRUE(step.state.paused);
}

TEST(Pause, ItIsOverWhenTheTestGoesOn) {
  for (ExitMode mode : k_modes) {
    SupervisionState state = next_step({}, by_terminal(k_tstp), mode).state;
    state = next_step(state, main_stopped(k_tstp), mode).state;
    state = next_step(state, k_continued, mode).state;
    EXPECT_FALSE(state.paused);
    // A later stop has another cause.
    EXPECT_FALSE(next_step(state, main_stopped(k_stop), mode).state.paused);
  }
}

TEST(Pause, AStopThatIsAskedBeforeWeHearThatTheTestWentOnIsNotForgotten) {
  for (ExitMode mode : k_modes) {
    SupervisionState state = next_step({}, by_terminal(k_tstp), mode).state;
    state = next_step(state, main_stopped(k_tstp), mode).state;
    state = next_step(state, by_kill(18), mode).state;
    SupervisionStep step = next_step(state, by_kill(k_tstp), mode);
    EXPECT_EQ(text_of(step.actions), "forward_signal 20");
    step = next_step(step.state, k_continued, mode);
    step = next_step(step.state, main_stopped(k_tstp), mode);
    EXPECT_EQ(text_of(step.actions), "stop_self 20");
  }
}

TEST(Pause, WhoRefusedToStopAndWasToldToGoOnIsNotStoppedLater) {
  SupervisionState state = next_step({}, by_terminal(k_tstp), ExitMode::ctest).state;
  state = next_step(state, by_kill(18), ExitMode::ctest).state;
  EXPECT_FALSE(next_step(state, main_stopped(k_stop), ExitMode::ctest).state.paused);
}

TEST(Pause, ItIsOverWhenTheTestEndsBeforeWeHearThatItWentOn) {
  for (Event::Kind end :
       {Event::Kind::main_ended, Event::Kind::tree_ended, Event::Kind::guard_ended}) {
    SupervisionState state = next_step({}, by_terminal(k_tstp), ExitMode::ctest).state;
    state = next_step(state, main_stopped(k_tstp), ExitMode::ctest).state;
    EXPECT_FALSE(next_step(state, {end}, ExitMode::ctest).state.paused);
  }
}

TEST(Pause, AStopIsAskedOnce) {
  SupervisionState state = next_step({}, by_terminal(k_tstp), ExitMode::ctest).state;
  state = next_step(state, main_stopped(k_tstp), ExitMode::ctest).state;
  EXPECT_EQ(text_of(next_step(state, by_terminal(k_tstp), ExitMode::ctest).actions), "");
}

TEST(Pause, NothingPausesATestThatIsBeingEnded) {
  for (ExitMode mode : k_modes) {
    for (Stage stage : {Stage::looking, Stage::settling, Stage::ending, Stage::killing}) {
      SupervisionState state;
      state.stage = stage;
      state = next_step(state, by_terminal(k_tstp), mode).state;
      const SupervisionStep step = next_step(state, main_stopped(k_stop, true), mode);
      EXPECT_EQ(text_of(step.actions), "");
      EXPECT_FALSE(step.state.paused);
      EXPECT_EQ(step.state.stage, stage);
    }
  }
}

}  // namespace
}  // namespace holdfast
