// The launcher, from its arguments to how it ends.
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
// this process is to end; some ends (a test that is exempt from Holdfast) replace it and do not
// return.
//
// `batches`: runs a test that is a batch here, where that and the supervisor are all it takes.
// Null: this is the launcher of every test, and the one of batches takes its place
// (docs/internals/decisions/0021-a-launcher-for-batches.md).
Exit launch(char** arguments, char** environment, AttemptRunner* batches = nullptr);

// An attempt that is over: nothing of it is left, its locks are let go, it is not recorded yet.
struct EndedAttempt {
  const Invocation& invocation;
  const Grant& grant;
  KeeperLink& keeper;
  Surroundings& around;
  Milliseconds native_end;  // as in AttemptPlan
  LentScratch scratch;
  Teller teller;
  AttemptResult& result;  // what is found out about it is added
};

// The attempt that follows, after a while without locks.
struct NextAttempt {
  std::string attempt;  // its id
  std::string scratch;  // as in Grant
  Milliseconds wait{0};
  bool alone = false;  // with nothing beside it
};

// What runs a test in place of the supervisor alone, as often as it wants, with locks, records and
// scratch directory around each attempt as ever.
class AttemptRunner {
 public:
  virtual AttemptResult run(const AttemptPlan& plan, Surroundings& around) = 0;
  // Whether it weighs all evidence itself, of each case.
  virtual bool judges_cases() const = 0;
  // None: this was the last attempt, and how it ended is how the test ends.
  virtual std::optional<NextAttempt> conclude(const EndedAttempt& ended) = 0;
  // Until it is time for the next one, whose policy may be another. Returns the signal that is to
  // end the test instead, SIGTERM if ctest has died; 0: none.
  virtual int wait(const NextAttempt& next, Policy& policy, Surroundings& around) = 0;

 protected:
  ~AttemptRunner() = default;
};

// In `holdfast exec`: goes on with what a launcher has handed over
// (supervision/grant/hand_over.hpp), and has the test run by `runner`, a step of a build by
// `step_runner`.
Exit go_on(char** arguments, char** environment, AttemptRunner& runner, StepRunner& step_runner);

}  // namespace holdfast::supervision
