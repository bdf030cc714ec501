// Signals: from which sender, in which stage and mode, and how soon after the first.
#include <gtest/gtest.h>

#include <cstdint>

#include "attempt/supervision.hpp"
#include "attempt/supervision_words.hpp"

namespace holdfast {
namespace {

constexpr ExitMode k_modes[] = {ExitMode::ctest, ExitMode::command};
constexpr Stage k_stages[] = {Stage::running, Stage::settling, Stage::ending, Stage::killing,
                              Stage::ended};
constexpr int k_hup = 1;
constexpr int k_int = 2;
constexpr int k_quit = 3;
constexpr int k_term = 15;

SupervisionState in(Stage stage) {
  SupervisionState state;
  state.stage = stage;
  return state;
}

TEST(Signals, OneOfKillThatEndsProgramsEndsTheTestWithTheSameSignal) {
  for (ExitMode mode : k_modes) {
    for (int signal : {k_hup, k_int, k_quit, k_term}) {
      const SupervisionStep step = next_step({}, at(1000, by_kill(signal)), mode);
      EXPECT_EQ(text_of(step.actions), "end_tree " + std::to_string(signal));
      EXPECT_EQ(step.state.stage, Stage::ending);
      EXPECT_EQ(step.state.reason, EndReason::signal);
      EXPECT_EQ(step.state.end_signal, signal);
      EXPECT_EQ(step.state.ending_since, Milliseconds{1000});
    }
  }
}

TEST(Signals, OneOfTheTerminalIsSentOnlyToThoseItHasNotReached) {
  for (int signal : {k_int, k_quit}) {
    const SupervisionStep step = next_step({}, at(1000, by_terminal(signal)), ExitMode::ctest);
    EXPECT_EQ(text_of(step.actions), "end_tree_beyond_group " + std::to_string(signal));
    EXPECT_EQ(step.state.stage, Stage::ending);
    EXPECT_EQ(step.state.end_signal, signal);
  }
}

TEST(Signals, CtrlCOfACommandIsTheCommandsToAnswer) {
  for (int signal : {k_int, k_quit}) {
    const SupervisionStep step = next_step({}, by_terminal(signal), ExitMode::command);
    EXPECT_EQ(step.state.stage, Stage::running) << signal;
    EXPECT_EQ(step.state.reason, EndReason::none) << signal;
    EXPECT_EQ(text_of(step.actions), "") << signal;
    EXPECT_EQ(step.state.pressed, signal);
    EXPECT_EQ(next_step({}, by_terminal(signal), ExitMode::ctest).state.pressed, 0);
  }
}

TEST(Signals, OneThatACommandsOwnProcessSendsIsTheCommandsToAnswer) {
  for (int signal : {k_hup, k_int, k_quit, k_term}) {
    const SupervisionStep step = next_step({}, by_tree(signal), ExitMode::command);
    EXPECT_EQ(step.state.stage, Stage::running) << signal;
    EXPECT_EQ(step.state.pressed, 0) << signal;
    EXPECT_EQ(text_of(step.actions), "forward_signal " + std::to_string(signal));
    const SupervisionStep under_ctest = next_step({}, by_tree(signal), ExitMode::ctest);
    EXPECT_EQ(text_of(under_ctest.actions), "end_tree " + std::to_string(signal));
  }
}

TEST(Signals, ATreeThatEndsHurriesNobody) {
  for (ExitMode mode : k_modes) {
    for (Stage stage : {Stage::settling, Stage::ending, Stage::killing, Stage::ended}) {
      for (int signal : {k_hup, k_int, k_quit, k_term}) {
        const SupervisionStep step = next_step(in(stage), at(100'000, by_tree(signal)), mode);
        EXPECT_EQ(step.state.stage, stage);
        EXPECT_EQ(text_of(step.actions), "");
      }
    }
  }
}

TEST(Signals, AHangUpOfTheTerminalEndsACommandToo) {
  for (ExitMode mode : k_modes) {
    const SupervisionStep step = next_step({}, by_terminal(k_hup), mode);
    EXPECT_EQ(step.state.stage, Stage::ending);
    EXPECT_EQ(step.state.end_signal, k_hup);
  }
}

TEST(Signals, ADifferentOneWithinTheSameEventNeverEscalates) {
  for (ExitMode mode : k_modes) {
    for (std::int64_t later : {0, 1, 2, 150, 299}) {
      SupervisionState state = next_step({}, at(1000, by_kill(k_int)), mode).state;
      for (const Event& second :
           {by_kill(k_term), by_kill(k_hup), by_terminal(k_hup), by_terminal(k_quit)}) {
        const SupervisionStep step = next_step(state, at(1000 + later, second), mode);
        EXPECT_EQ(step.state.stage, Stage::ending) << later;
        EXPECT_EQ(step.state.end_signal, k_int) << later;
        EXPECT_EQ(text_of(step.actions), "") << later;
      }
    }
  }
}

TEST(Signals, AnyOneAfterTheSameEventKillsNow) {
  for (ExitMode mode : k_modes) {
    const SupervisionState state = next_step({}, at(1000, by_kill(k_int)), mode).state;
    for (std::int64_t later : {300, 301, 100'000}) {
      for (const Event& second :
           {by_kill(k_int), by_kill(k_term), by_terminal(k_int), by_terminal(k_hup)}) {
        const SupervisionStep step = next_step(state, at(1000 + later, second), mode);
        EXPECT_EQ(step.state.stage, Stage::killing) << later;
        EXPECT_EQ(text_of(step.actions), "kill_tree 0") << later;
        EXPECT_EQ(step.state.reason, EndReason::signal);
        EXPECT_EQ(step.state.end_signal, k_int);
      }
    }
  }
}

TEST(Signals, TheSameKeyPressedAgainKillsNowHoweverSoon) {
  SupervisionState state = next_step({}, at(1000, by_terminal(k_int)), ExitMode::ctest).state;
  const SupervisionStep step = next_step(state, at(1100, by_terminal(k_int)), ExitMode::ctest);
  EXPECT_EQ(step.state.stage, Stage::killing);
  EXPECT_EQ(text_of(step.actions), "kill_tree 0");
}

TEST(Signals, TheSameOfOneSenderIsToldTwiceAndIsOne) {
  // timeout(1) signals its child, and then its process group.
  for (ExitMode mode : k_modes) {
    for (int signal : {k_hup, k_int, k_quit, k_term}) {
      const SupervisionState state = next_step({}, at(1000, by_kill(signal)), mode).state;
      for (std::int64_t later : {0, 1}) {
        const SupervisionStep step = next_step(state, at(1000 + later, by_kill(signal)), mode);
        EXPECT_EQ(step.state.stage, Stage::ending) << later;
        EXPECT_EQ(text_of(step.actions), "") << later;
      }
      EXPECT_EQ(text_of(next_step(state, at(1002, by_kill(signal)), mode).actions), "kill_tree 0");
    }
  }
}

TEST(Signals, AfterATimeoutAPatientUserMayHurry) {
  SupervisionState state =
      next_step({}, at(200, {Event::Kind::timeout_expired}), ExitMode::command).state;
  EXPECT_EQ(state.stage, Stage::looking);
  state = next_step(state, at(1000, {Event::Kind::stacks_taken}), ExitMode::command).state;
  EXPECT_EQ(text_of(next_step(state, at(1299, by_kill(k_term)), ExitMode::command).actions), "");
  EXPECT_EQ(text_of(next_step(state, at(1300, by_kill(k_term)), ExitMode::command).actions),
            "kill_tree 0");
}

TEST(Signals, WhileStacksAreTakenAnyOneEndsTheTestAtOnceAndItIsStillATimeout) {
  for (ExitMode mode : k_modes) {
    const SupervisionState state =
        next_step({}, at(200, {Event::Kind::timeout_expired}), mode).state;
    for (int signal : {k_hup, k_int, k_quit, k_term}) {
      for (const Event& event : {by_kill(signal), by_terminal(signal)}) {
        const SupervisionStep step = next_step(state, at(201, event), mode);
        EXPECT_EQ(step.state.stage, Stage::ending);
        EXPECT_EQ(step.state.reason, EndReason::timeout);
        EXPECT_EQ(text_of(step.actions), "end_tree 15");
      }
    }
  }
}

TEST(Signals, OnceKillingNothingMoreIsOrdered) {
  for (ExitMode mode : k_modes) {
    for (Stage stage : {Stage::killing, Stage::ended}) {
      for (int signal : {k_hup, k_int, k_quit, k_term}) {
        for (const Event& event : {by_kill(signal), by_terminal(signal)}) {
          const SupervisionStep step = next_step(in(stage), event, mode);
          EXPECT_EQ(step.state.stage, stage);
          EXPECT_EQ(text_of(step.actions), "");
        }
      }
    }
  }
}

TEST(Signals, EveryOtherOneOfKillIsPassedOnAndEveryOtherOneOfTheTerminalIsNot) {
  for (ExitMode mode : k_modes) {
    for (Stage stage : k_stages) {
      for (int signal : {4, 10, 12, 13, 14, 18, 28, 34, 64}) {
        EXPECT_EQ(text_of(next_step(in(stage), by_kill(signal), mode).actions),
                  "forward_signal " + std::to_string(signal));
        EXPECT_EQ(text_of(next_step(in(stage), by_tree(signal), mode).actions),
                  "forward_signal " + std::to_string(signal));
        EXPECT_EQ(text_of(next_step(in(stage), by_terminal(signal), mode).actions), "");
      }
    }
  }
}

}  // namespace
}  // namespace holdfast
