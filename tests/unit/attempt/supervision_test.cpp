// Every (stage, event) pair in both modes, except signals (supervision_signal_test.cpp).
#include "attempt/supervision.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "attempt/supervision_words.hpp"

namespace holdfast {
namespace {

struct Row {
  Stage before;
  Event::Kind event;
  Stage after;
  EndReason reason;
  std::string actions;
};

// The reason of the end before anything was ordered, and when the tree is ending already.
EndReason reason_of(Stage stage) {
  return stage == Stage::looking || stage == Stage::ending || stage == Stage::killing
             ? EndReason::timeout
             : EndReason::none;
}

TEST(Supervision, EveryStageAnswersEveryEventAsTheTableSays) {
  const Row rows[] = {
      {Stage::running, Event::Kind::timeout_expired, Stage::looking, EndReason::timeout,
       "take_stacks 0"},
      {Stage::looking, Event::Kind::timeout_expired, Stage::looking, EndReason::timeout, ""},
      {Stage::settling, Event::Kind::timeout_expired, Stage::settling, EndReason::none, ""},
      {Stage::ending, Event::Kind::timeout_expired, Stage::ending, EndReason::timeout, ""},
      {Stage::killing, Event::Kind::timeout_expired, Stage::killing, EndReason::timeout, ""},
      {Stage::ended, Event::Kind::timeout_expired, Stage::ended, EndReason::none, ""},

      {Stage::running, Event::Kind::stacks_taken, Stage::running, EndReason::none, ""},
      {Stage::looking, Event::Kind::stacks_taken, Stage::ending, EndReason::timeout, "end_tree 15"},
      {Stage::settling, Event::Kind::stacks_taken, Stage::settling, EndReason::none, ""},
      {Stage::ending, Event::Kind::stacks_taken, Stage::ending, EndReason::timeout, ""},
      {Stage::killing, Event::Kind::stacks_taken, Stage::killing, EndReason::timeout, ""},
      {Stage::ended, Event::Kind::stacks_taken, Stage::ended, EndReason::none, ""},

      {Stage::looking, Event::Kind::parent_ended, Stage::ending, EndReason::timeout, "end_tree 15"},
      {Stage::looking, Event::Kind::main_ended, Stage::looking, EndReason::timeout, ""},
      {Stage::looking, Event::Kind::tree_ended, Stage::ended, EndReason::timeout, ""},
      {Stage::looking, Event::Kind::guard_ended, Stage::ended, EndReason::timeout,
       "end_tree_here 15"},

      {Stage::running, Event::Kind::parent_ended, Stage::ending, EndReason::parent_gone,
       "end_tree 15"},
      {Stage::settling, Event::Kind::parent_ended, Stage::killing, EndReason::none, "kill_tree 0"},
      {Stage::ending, Event::Kind::parent_ended, Stage::ending, EndReason::timeout, ""},
      {Stage::killing, Event::Kind::parent_ended, Stage::killing, EndReason::timeout, ""},
      {Stage::ended, Event::Kind::parent_ended, Stage::ended, EndReason::none, ""},

      {Stage::running, Event::Kind::lock_lost, Stage::ending, EndReason::lock_lost, "end_tree 15"},
      {Stage::looking, Event::Kind::lock_lost, Stage::ending, EndReason::timeout, "end_tree 15"},
      {Stage::settling, Event::Kind::lock_lost, Stage::killing, EndReason::lock_lost,
       "kill_tree 0"},
      {Stage::ending, Event::Kind::lock_lost, Stage::ending, EndReason::timeout, ""},
      {Stage::killing, Event::Kind::lock_lost, Stage::killing, EndReason::timeout, ""},
      {Stage::ended, Event::Kind::lock_lost, Stage::ended, EndReason::none, ""},

      {Stage::running, Event::Kind::lease_over, Stage::killing, EndReason::lock_lost,
       "end_tree 15, kill_tree 0"},
      {Stage::looking, Event::Kind::lease_over, Stage::killing, EndReason::timeout,
       "end_tree 15, kill_tree 0"},
      {Stage::settling, Event::Kind::lease_over, Stage::killing, EndReason::lock_lost,
       "kill_tree 0"},
      {Stage::ending, Event::Kind::lease_over, Stage::killing, EndReason::timeout, "kill_tree 0"},
      {Stage::killing, Event::Kind::lease_over, Stage::killing, EndReason::timeout, ""},
      {Stage::ended, Event::Kind::lease_over, Stage::ended, EndReason::none, ""},

      {Stage::running, Event::Kind::main_ended, Stage::settling, EndReason::none, ""},
      {Stage::settling, Event::Kind::main_ended, Stage::settling, EndReason::none, ""},
      {Stage::ending, Event::Kind::main_ended, Stage::ending, EndReason::timeout, ""},
      {Stage::killing, Event::Kind::main_ended, Stage::killing, EndReason::timeout, ""},
      {Stage::ended, Event::Kind::main_ended, Stage::ended, EndReason::none, ""},

      {Stage::running, Event::Kind::tree_ended, Stage::ended, EndReason::none, ""},
      {Stage::settling, Event::Kind::tree_ended, Stage::ended, EndReason::none, ""},
      {Stage::ending, Event::Kind::tree_ended, Stage::ended, EndReason::timeout, ""},
      {Stage::killing, Event::Kind::tree_ended, Stage::ended, EndReason::timeout, ""},
      {Stage::ended, Event::Kind::tree_ended, Stage::ended, EndReason::none, ""},

      {Stage::running, Event::Kind::guard_ended, Stage::ended, EndReason::none, "end_tree_here 15"},
      {Stage::settling, Event::Kind::guard_ended, Stage::ended, EndReason::none,
       "end_tree_here 15"},
      {Stage::ending, Event::Kind::guard_ended, Stage::ended, EndReason::timeout,
       "end_tree_here 15"},
      {Stage::killing, Event::Kind::guard_ended, Stage::ended, EndReason::timeout,
       "end_tree_here 15"},
      {Stage::ended, Event::Kind::guard_ended, Stage::ended, EndReason::none, ""},
  };
  for (ExitMode mode : {ExitMode::ctest, ExitMode::command}) {
    for (const Row& row : rows) {
      SupervisionState state;
      state.stage = row.before;
      state.reason = reason_of(row.before);
      Event event{row.event};
      event.at = Milliseconds{1000};
      const SupervisionStep step = next_step(state, event, mode);
      SCOPED_TRACE(name_of(row.before) + ", event " + std::to_string(static_cast<int>(row.event)));
      EXPECT_EQ(step.state.stage, row.after);
      EXPECT_EQ(step.state.reason, row.reason);
      EXPECT_EQ(text_of(step.actions), row.actions);
    }
  }
}

TEST(Supervision, TheFirstReasonStays) {
  SupervisionState state;
  state = next_step(state, at(1000, {Event::Kind::timeout_expired}), ExitMode::ctest).state;
  state = next_step(state, at(1001, {Event::Kind::parent_ended}), ExitMode::ctest).state;
  state = next_step(state, at(2000, by_kill(15)), ExitMode::ctest).state;
  state = next_step(state, at(2001, {Event::Kind::tree_ended}), ExitMode::ctest).state;
  EXPECT_EQ(state.stage, Stage::ended);
  EXPECT_EQ(state.reason, EndReason::timeout);
  EXPECT_EQ(state.end_signal, 0);
}

TEST(Supervision, TheParentsDeathNeverShortensAGraceThatRuns) {
  for (std::int64_t later : {0, 1, 299, 300, 4000}) {
    SupervisionState state = next_step({}, at(1000, by_terminal(2)), ExitMode::ctest).state;
    const auto step =
        next_step(state, at(1000 + later, {Event::Kind::parent_ended}), ExitMode::ctest);
    EXPECT_EQ(step.state.stage, Stage::ending) << later;
    EXPECT_EQ(text_of(step.actions), "") << later;
  }
}

TEST(Supervision, ATestThatEndedByItselfKeepsNoReasonWhateverComesWhileItsLeftoversEnd) {
  for (const Event& event : {Event{Event::Kind::parent_ended}, by_kill(15), by_terminal(2)}) {
    SupervisionState state = next_step({}, {Event::Kind::main_ended}, ExitMode::ctest).state;
    const SupervisionStep step = next_step(state, event, ExitMode::ctest);
    EXPECT_EQ(step.state.stage, Stage::killing);
    EXPECT_EQ(step.state.reason, EndReason::none);
    EXPECT_EQ(text_of(step.actions), "kill_tree 0");
  }
}

// An event that is noticed when nothing of the tree is left.
struct EndRow {
  Event event;
  ExitMode mode;
  EndReason reason;
  int end_signal;
  int pressed;
};

Event beside(Event event, bool died_of_it) {
  event.kind = Event::Kind::ended_beside_signal;
  event.died_of_it = died_of_it;
  return event;
}

TEST(Supervision, ASignalThatCameWithTheEndIsTheReasonIfTheTestDiedOfIt) {
  const EndRow rows[] = {
      {beside(by_kill(15), true), ExitMode::ctest, EndReason::signal, 15, 0},
      {beside(by_terminal(2), true), ExitMode::ctest, EndReason::signal, 2, 0},
      {beside(by_terminal(2), true), ExitMode::command, EndReason::none, 0, 2},
      {beside(by_kill(2), true), ExitMode::command, EndReason::signal, 2, 0},
      {beside(by_tree(15), true), ExitMode::command, EndReason::none, 0, 0},
      {beside(by_kill(15), false), ExitMode::ctest, EndReason::none, 0, 15},
      {beside(by_terminal(2), false), ExitMode::command, EndReason::none, 0, 2},
      {{Event::Kind::ended_without_reader}, ExitMode::ctest, EndReason::parent_gone, 0, 0},
  };
  for (const EndRow& row : rows) {
    SCOPED_TRACE(std::to_string(&row - rows));
    SupervisionState state;
    state.stage = Stage::ended;
    const SupervisionStep step = next_step(state, row.event, row.mode);
    EXPECT_EQ(step.state.stage, Stage::ended);
    EXPECT_EQ(step.state.reason, row.reason);
    EXPECT_EQ(step.state.end_signal, row.end_signal);
    EXPECT_EQ(step.state.pressed, row.pressed);
    EXPECT_EQ(text_of(step.actions), "");
    // The first reason stays.
    state.reason = EndReason::timeout;
    EXPECT_EQ(next_step(state, row.event, row.mode).state.reason, EndReason::timeout);
  }
}

TEST(Supervision, WhatThePersonPressedBeforeTheEndStaysWhateverComesWithTheEnd) {
  for (const bool died_of_it : {false, true}) {
    SupervisionState state;
    state.stage = Stage::ended;
    state.pressed = 2;
    const SupervisionState after =
        next_step(state, beside(by_kill(15), died_of_it), ExitMode::command).state;
    EXPECT_EQ(after.pressed, 2) << died_of_it;
    EXPECT_EQ(after.reason, EndReason::none) << died_of_it;
    EXPECT_EQ(after.end_signal, 0) << died_of_it;
  }
}

}  // namespace
}  // namespace holdfast
