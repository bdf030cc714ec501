// The launcher's decisions while a test runs: (state, event) -> (state, actions). Pure: no clock,
// no process. The poll loop in supervision/attempt/attempt.cpp turns what happens into events and
// does what comes back; the guard ends the process tree, on the launcher's order or by itself.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/duration.hpp"
#include "core/outcome/outcome.hpp"

namespace holdfast {

enum class Stage : std::uint8_t {
  running,   // the test's main process lives, nobody wants it ended
  looking,   // its time is over: stacks are being taken before it is ended
  settling,  // the main process ended; the guard deals with what it left
  ending,    // the tree was told to end, its grace runs
  killing,   // no more grace
  ended,     // nothing is left
};

// Who sent a signal. What the kernel sends for a terminal (Ctrl-C) has reached the whole
// foreground process group already, test included. What kill(2) sent has reached us, and perhaps
// our process group: the guard knows. A process of the tree may have signalled its own group
// (`kill 0`), or us.
enum class SignalSource : std::uint8_t { process, terminal, tree };

struct SupervisionState {
  Stage stage = Stage::running;
  EndReason reason = EndReason::none;
  int end_signal = 0;  // with EndReason::signal
  // Ctrl-C or Ctrl-\, which a command was left to answer, or a signal that was to end the test as
  // it ended by itself; 0: neither.
  int pressed = 0;
  Milliseconds ending_since{0};  // on the launcher's clock, from Stage::ending on
  // Job control, while running.
  int main_stopped = 0;     // the signal that stopped the main process; 0: it is not stopped
  bool stop_asked = false;  // we were told to stop (Ctrl-Z); the test decides whether it does
  bool paused = false;      // the test stopped for that, and we with it: its clock stands still
};

struct SupervisionEvent {
  enum class Kind : std::uint8_t {
    signal_received,
    timeout_expired,
    stacks_taken,    // or there was no time for more of them
    parent_ended,    // ctest or ninja died
    main_stopped,    // the test's main process, by `signal`
    main_continued,  // it runs again
    main_ended,      // but processes are left
    tree_ended,
    guard_ended,  // the guard died before it said that the tree has ended
  };
  Kind kind;
  int signal = 0;
  SignalSource source = SignalSource::process;
  Milliseconds at{0};
  // With main_stopped: whether a shell with job control may be watching us.
  bool watched_by_shell = false;
};

struct SupervisionAction {
  enum class Kind : std::uint8_t {
    forward_signal,  // to every process of the tree that has not had it
    take_stacks,     // then report stacks_taken
    end_tree,        // `signal` first, SIGKILL after the grace
    // The same, where the terminal has sent `signal` to our process group: first to the others
    // only, those that called setsid or made a group of their own.
    end_tree_beyond_group,
    kill_tree,      // now
    end_tree_here,  // the launcher itself, in the guard's place
    stop_self,      // by `signal`, as the main process: what the shell is to see
  };
  Kind kind;
  int signal = 0;
  friend bool operator==(const SupervisionAction&, const SupervisionAction&) = default;
};

struct SupervisionStep {
  SupervisionState state;
  std::vector<SupervisionAction> actions;
};

// A different signal, or the parent's death, this soon after the first is the same event seen
// twice: a terminal's Ctrl-C reaches us and ctest, and ctest dies of it a moment later. Measured:
// 1.6 ms; under load far more.
inline constexpr Milliseconds k_same_event{300};
// The same signal this soon after the first is one sender's: timeout(1) sends to its child and then
// to its process group, 0.2 ms apart.
inline constexpr Milliseconds k_same_sender{2};

SupervisionStep next_step(const SupervisionState& state, const SupervisionEvent& event,
                          ExitMode mode);

}  // namespace holdfast
