// The launcher, from its arguments to its end.
#pragma once

#include <optional>
#include <string>

#include "core/outcome/outcome.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/grant/grant.hpp"
#include "supervision/step/step.hpp"

namespace holdfast::supervision {

class AttemptRunner;

// Runs what the command line says. `arguments` and `environment` are those of main. Returns how
// this process is to end. Some ends (a test that is exempt from Holdfast) replace the process and
// do not return.
//
// `batches` runs a batch in this process, if the test needs nothing else than that and the
// supervisor. Null: this is the launcher of every test, and for a batch the launcher of batches
// takes its place (docs/internals/decisions/0021-a-launcher-for-batches.md).
Exit launch(char** arguments, char** environment, AttemptRunner* batches = nullptr);

// An attempt that is over: nothing of it is left, its locks are released, its record is to come.
struct EndedAttempt {
  const Invocation& invocation;
  const Grant& grant;
  KeeperLink& keeper;
  Surroundings& around;
  Milliseconds native_end;  // as in AttemptPlan
  LentScratch scratch;
  Teller teller;
  AttemptResult& result;  // the receiver adds what it finds out
};

// The next attempt, after a while without locks.
struct NextAttempt {
  std::string attempt;  // its id
  std::string scratch;  // as in Grant
  Milliseconds wait{0};
  bool alone = false;  // no other test runs beside it
};

// Runs a test in place of the supervisor alone, as often as it wants. Each attempt has locks,
// records and a scratch directory as usual.
class AttemptRunner {
 public:
  virtual AttemptResult run(const AttemptPlan& plan, Surroundings& around) = 0;
  // Whether it weighs all evidence of each case itself.
  virtual bool judges_cases() const = 0;
  // None: this was the last attempt, and its end is the end of the test.
  virtual std::optional<NextAttempt> conclude(const EndedAttempt& ended) = 0;
  // Waits until it is time for the next attempt, whose policy may differ. Returns the signal that
  // is to end the test instead, SIGTERM if ctest has died; 0: none.
  virtual int wait(const NextAttempt& next, Policy& policy, Surroundings& around) = 0;

 protected:
  ~AttemptRunner() = default;
};

// In `holdfast exec`: goes on with what a launcher has handed over
// (supervision/grant/hand_over.hpp). `runner` runs a test, `step_runner` a step of a build.
Exit go_on(char** arguments, char** environment, AttemptRunner& runner, StepRunner& step_runner);

}  // namespace holdfast::supervision
