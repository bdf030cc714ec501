// The launcher's decisions while a test runs: (state, event) -> (state, actions). Pure: no clock,
// no process. The poll loop in attempt/attempt.cpp turns what happens into events and
// carries out the actions. The guard ends the process tree, on the launcher's order or by itself.
#pragma once

#include <cstdint>
#include <vector>

#include "base/duration.hpp"
#include "values/outcome.hpp"

namespace holdfast {

enum class Stage : std::uint8_t {
  running,   // the test's main process is alive, and nobody wants it to end
  looking,   // the test's time is over; its stacks are taken before it is ended
  settling,  // the main process ended; the guard deals with what that process left
  ending,    // the tree was told to end; its grace runs
  killing,   // the grace is over
  ended,     // nothing is left
};

struct SupervisionState {
  Stage stage = Stage::running;
  EndReason reason = EndReason::none;
  int end_signal = 0;  // with EndReason::signal
  // Ctrl-C or Ctrl-\, if it was left to the test to answer it; or a signal that was to end the test
  // and came just as the test ended by itself. 0: neither.
  int pressed = 0;
  Milliseconds ending_since{0};  // by the launcher's clock, from Stage::ending on
  // Job control, in Stage::running.
  int main_stopped = 0;     // the signal that stopped the main process; 0: it is not stopped
  bool stop_asked = false;  // we were told to stop (Ctrl-Z); the test decides whether it stops
  bool paused = false;      // the test stopped, and we did too: the test's clock stands still
};

struct SupervisionEvent {
  enum class Kind : std::uint8_t {
    signal_received,
    timeout_expired,
    stacks_taken,    // or there was no time to take more stacks
    parent_ended,    // ctest or ninja died
    lock_lost,       // the lease of its locks over machines ends in the grace and a second
    lease_over,      // that lease ends at once
    main_stopped,    // the test's main process was stopped by `signal`
    main_continued,  // the main process runs again
    main_ended,      // the main process ended, but other processes of the tree are left
    tree_ended,
    guard_ended,  // the guard died before it said that the tree has ended
    // The next two kinds are noticed when the tree has ended by itself. They say why it ended.
    //
    // `signal` killed the main process, or the main process exited while `signal` waited for us to
    // read it.
    ended_beside_signal,
    ended_without_reader,  // ctest had closed its end of the output: ctest was dying
  };
  Kind kind;
  int signal = 0;
  SignalSource source = SignalSource::process;
  Milliseconds at{0};
  // For main_stopped: whether a shell with job control may be watching us.
  bool watched_by_shell = false;
  // For ended_beside_signal: whether the main process died of the signal.
  bool died_of_it = false;
};

struct SupervisionAction {
  enum class Kind : std::uint8_t {
    forward_signal,  // to every process of the tree that has not got it yet
    take_stacks,     // then report stacks_taken
    end_tree,        // `signal` first, SIGKILL after the grace
    // The same as end_tree, but the terminal has already sent `signal` to our process group. So the
    // guard at first sends it only to processes outside our group: those that called setsid or made
    // a group of their own.
    end_tree_beyond_group,
    kill_tree,      // at once
    end_tree_here,  // the launcher ends the tree itself, in the guard's place
    stop_self,  // stops us by `signal`, which stopped the main process, so that the shell sees it
  };
  Kind kind;
  int signal = 0;
  friend bool operator==(const SupervisionAction&, const SupervisionAction&) = default;
};

struct SupervisionStep {
  SupervisionState state;
  std::vector<SupervisionAction> actions;
};

// A different signal, or the parent's death, so soon after the first signal is the same event seen
// twice: Ctrl-C reaches us and ctest, and ctest dies of it a moment later. Measured: 1.6 ms, far
// more under load.
inline constexpr Milliseconds k_same_event{300};
// The same signal so soon after the first is from one sender: timeout(1) signals its child and then
// its process group, 0.2 ms apart.
inline constexpr Milliseconds k_same_sender{2};

SupervisionStep next_step(SupervisionState state, const SupervisionEvent& event, ExitMode mode);

}  // namespace holdfast
