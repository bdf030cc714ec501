#include "attempt/supervision.hpp"

namespace holdfast {
namespace {

using Action = SupervisionAction;
using Event = SupervisionEvent;

// Numbers of signal(7). They are the same on every architecture for which Holdfast is built.
constexpr int k_hup = 1;
constexpr int k_int = 2;
constexpr int k_quit = 3;
constexpr int k_cont = 18;
constexpr int k_tstp = 20;
constexpr int k_ttin = 21;
constexpr int k_ttou = 22;

bool ends_the_test(int signal) {
  return signal == k_hup || signal == k_int || signal == k_quit || signal == k_signal_term;
}

bool stops_the_test(int signal) { return signal == k_tstp || signal == k_ttin || signal == k_ttou; }

SupervisionStep begin_ending(SupervisionState state, EndReason reason, int signal_for_tree,
                             const Event& event) {
  state.stage = Stage::ending;
  state.reason = reason;
  state.end_signal = reason == EndReason::signal ? event.signal : 0;
  state.ending_since = event.at;
  return {state, {{Action::Kind::end_tree, signal_for_tree}}};
}

// Ends the tree after its stacks were taken. The reason of the end is known already.
SupervisionStep end_after_look(SupervisionState state, const Event& event) {
  return begin_ending(state, state.reason, k_signal_term, event);
}

SupervisionStep hurry(SupervisionState state) {
  state.stage = Stage::killing;
  return {state, {{Action::Kind::kill_tree}}};
}

// Whether the signal is left to the command, which answers it as it would without us: Ctrl-C at
// `holdfast run -- python3`, or a shell's own `kill 0`. Not under ctest, which is dying of the same
// signal.
bool is_the_commands(const Event& event, ExitMode mode) {
  if (mode != ExitMode::command) return false;
  if (event.source == SignalSource::tree) return true;
  return event.source == SignalSource::terminal &&
         (event.signal == k_int || event.signal == k_quit);
}

SupervisionStep leave_to_command(SupervisionState state, const Event& event) {
  if (event.source == SignalSource::tree) {
    return {state, {{Action::Kind::forward_signal, event.signal}}};
  }
  state.pressed = event.signal;
  return {state, {}};
}

SupervisionStep on_ending_signal(const SupervisionState& state, const Event& event, ExitMode mode) {
  const bool from_terminal = event.source == SignalSource::terminal;
  // `trap "kill 0" TERM`: a signal from a tree that is ending does not make the tree end faster.
  const bool from_tree = event.source == SignalSource::tree;
  switch (state.stage) {
    case Stage::running:
      if (is_the_commands(event, mode)) return leave_to_command(state, event);
      // A terminal that hangs up signals only the leader of its session.
      if (from_terminal && event.signal != k_hup) {
        SupervisionStep step = begin_ending(state, EndReason::signal, event.signal, event);
        step.actions.front().kind = Action::Kind::end_tree_beyond_group;
        return step;
      }
      return begin_ending(state, EndReason::signal, event.signal, event);
    case Stage::looking:
      return end_after_look(state, event);
    case Stage::settling:
      return from_tree ? SupervisionStep{state, {}} : hurry(state);
    case Stage::ending:
      if (from_tree || event.at - state.ending_since <
                           (event.signal == state.end_signal ? k_same_sender : k_same_event)) {
        break;
      }
      return hurry(state);
    case Stage::killing:
    case Stage::ended:
      break;
  }
  return {state, {}};
}

// There is no time for stacks: everything of the test must be gone when others may have the lock.
SupervisionStep on_lost_lock(SupervisionState state, const Event& event) {
  switch (state.stage) {
    case Stage::running:
      return begin_ending(state, EndReason::lock_lost, k_signal_term, event);
    case Stage::looking:
      return end_after_look(state, event);
    case Stage::settling:
      if (state.reason == EndReason::none) state.reason = EndReason::lock_lost;
      return hurry(state);
    case Stage::ending:
    case Stage::killing:
    case Stage::ended:
      break;
  }
  return {state, {}};
}

// The lease ends at once, or has ended. Whoever was told before that it would ends the tree
// already.
SupervisionStep on_over_lease(SupervisionState state, const Event& event) {
  if (state.stage == Stage::killing || state.stage == Stage::ended) return {state, {}};
  SupervisionStep step = on_lost_lock(state, event);
  if (step.state.stage == Stage::ending) {
    step.state.stage = Stage::killing;
    step.actions.push_back({Action::Kind::kill_tree});
  }
  return step;
}

// When a test stops, we stop too in two cases: we were told to stop, as by Ctrl-Z, or a shell runs
// us as a command and must see that it has stopped. Under ctest a test that stops by itself hangs:
// nobody will continue it, and its time runs on.
SupervisionStep consider_pause(SupervisionState state, bool watched_by_shell) {
  const bool wanted = state.stop_asked || watched_by_shell;
  if (state.stage != Stage::running || state.main_stopped == 0 || state.paused || !wanted) {
    return {state, {}};
  }
  state.paused = true;
  state.stop_asked = false;
  return {state, {{Action::Kind::stop_self, state.main_stopped}}};
}

SupervisionStep on_signal(SupervisionState state, const Event& event, ExitMode mode) {
  if (ends_the_test(event.signal)) return on_ending_signal(state, event, mode);
  if (event.signal == k_cont) state.stop_asked = false;
  SupervisionStep step{state, {}};
  if (stops_the_test(event.signal)) {
    state.stop_asked = true;
    step = consider_pause(state, false);
  }
  if (event.source != SignalSource::terminal) {
    step.actions.insert(step.actions.begin(), {Action::Kind::forward_signal, event.signal});
  }
  return step;
}

// Ctrl-C reached the test and us at the same instant. If the test died of the signal, it was
// interrupted, as if we had been first. If the test handled the signal and exited, it ended by
// itself, but it is not tried again.
SupervisionState with_signal_beside_end(SupervisionState state, const Event& event, ExitMode mode) {
  if (state.reason != EndReason::none || state.pressed != 0) return state;
  if (!event.died_of_it) {
    state.pressed = event.signal;
    return state;
  }
  if (is_the_commands(event, mode)) return leave_to_command(state, event).state;
  state.reason = EndReason::signal;
  state.end_signal = event.signal;
  return state;
}

}  // namespace

SupervisionStep next_step(SupervisionState state, const Event& event, ExitMode mode) {
  switch (event.kind) {
    case Event::Kind::signal_received:
      return on_signal(state, event, mode);
    case Event::Kind::timeout_expired:
      if (state.stage != Stage::running) break;
      state.stage = Stage::looking;
      state.reason = EndReason::timeout;
      return {state, {{Action::Kind::take_stacks}}};
    case Event::Kind::stacks_taken:
      if (state.stage != Stage::looking) break;
      return end_after_look(state, event);
    case Event::Kind::parent_ended:
      if (state.stage == Stage::looking) return end_after_look(state, event);
      if (state.stage == Stage::settling) return hurry(state);
      if (state.stage != Stage::running) break;
      return begin_ending(state, EndReason::parent_gone, k_signal_term, event);
    case Event::Kind::lock_lost:
      return on_lost_lock(state, event);
    case Event::Kind::lease_over:
      return on_over_lease(state, event);
    case Event::Kind::main_stopped:
      state.main_stopped = event.signal;
      return consider_pause(state, event.watched_by_shell && mode == ExitMode::command);
    case Event::Kind::main_continued:
      // What we were told to do since we stopped still counts: this news may come late.
      state.main_stopped = 0;
      state.paused = false;
      break;
    case Event::Kind::main_ended:
      state.paused = false;  // the test may have continued and ended before we were told
      if (state.stage == Stage::running) state.stage = Stage::settling;
      break;
    case Event::Kind::tree_ended:
      state.paused = false;
      state.stage = Stage::ended;
      break;
    case Event::Kind::guard_ended:
      if (state.stage == Stage::ended) break;
      state.paused = false;
      state.stage = Stage::ended;
      return {state, {{Action::Kind::end_tree_here, k_signal_term}}};
    case Event::Kind::ended_beside_signal:
      return {with_signal_beside_end(state, event, mode), {}};
    case Event::Kind::ended_without_reader:
      if (state.reason == EndReason::none) state.reason = EndReason::parent_gone;
      break;
  }
  return {state, {}};
}

}  // namespace holdfast
