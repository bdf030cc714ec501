// The launcher, from its arguments to its end.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "attempt/attempt_plan.hpp"
#include "attempt/grant.hpp"
#include "attempt/need.hpp"
#include "locks/lock_need.hpp"
#include "services/service_asking.hpp"
#include "steps/step.hpp"
#include "values/outcome.hpp"

namespace holdfast::supervision {

// The needs that a test may have, for the programs that launch tests.

// Locks come first: who waits for a lock must not keep services or a network from others.
struct AllNeeds {
  LockNeed locks;
  NetworkNeed network;
  ServiceNeed services;
  std::array<Need*, 3> all{&locks, &network, &services};
};

struct Runners;

// Runs what the command line says. `arguments` and `environment` are those of main. Returns the
// exit code or signal with which this process must end. Does not return if another program takes
// over this process: holdfast-exec, or a test that is exempt from Holdfast.
//
// With plain runners this process is holdfast-launcher, which becomes holdfast-exec for anything
// more than one plain attempt. holdfast-exec calls this function with its own runners
// (docs/internals/decisions/0032-one-program-for-more.md).
Exit launch(char** arguments, char** environment, const Runners& runners);

// The same for a process that already holds something of its test.
Exit go_on(char** arguments, char** environment, const Runners& runners, HandOver&& held);

// An attempt that is over. Its needs are let go, and its record is not written yet.
struct EndedAttempt {
  TestAtHand& test;
  Milliseconds native_end;  // as in AttemptPlan
  LentScratch scratch;
  AttemptResult& result;  // the receiver adds what it finds out
};

// The next attempt, and how long the test waits for it without locks.
struct NextAttempt {
  std::string attempt;  // its id
  std::string scratch;  // as in Grant
  Milliseconds wait{0};
  bool alone = false;  // no other test runs beside it
};

// Decides which attempts a test has, and runs them. Each attempt has needs, records and a scratch
// directory as usual. This base class is the plain runner: it runs one plain attempt.
class AttemptRunner {
 public:
  virtual ~AttemptRunner() = default;
  virtual bool is_plain() const { return true; }
  // Called once, before the first attempt. May change what the attempts need here.
  virtual void begin(TestAtHand& /*test*/) {}
  virtual AttemptResult run(const AttemptPlan& plan, Surroundings& around) {
    return run_attempt(plan, around);
  }
  // Returns the next attempt. None: this attempt was the last, and the test ends as this attempt
  // did.
  virtual std::optional<NextAttempt> conclude(const EndedAttempt& /*ended*/) {
    return std::nullopt;
  }
  // Waits until it is time for the next attempt. May change `policy` for that attempt. Returns 0 if
  // that attempt may begin. Otherwise returns the signal that is to end the test: SIGTERM if ctest
  // has died.
  virtual int wait(const NextAttempt& /*next*/, Policy& /*policy*/, Surroundings& /*around*/) {
    return 0;
  }
};

// Both runners are plain, or neither is.
struct Runners {
  AttemptRunner& tests;
  StepRunner& steps;
  Needs needs;  // of each attempt of a test
};

}  // namespace holdfast::supervision
