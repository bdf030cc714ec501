// The launcher, from its arguments to how it ends.
#pragma once

#include "core/outcome.hpp"
#include "launcher/attempt.hpp"

namespace holdfast::launcher {

// Runs what the command line says. `arguments` and `environment` are those of main. Returns how
// this process is to end; some ends (a test that is exempt from Holdfast) replace it and do not
// return.
Exit launch(char** arguments, char** environment);

// What runs a test in place of the supervisor alone, with locks, records and scratch directory
// around it as ever.
class AttemptRunner {
 public:
  virtual AttemptResult run(const AttemptPlan& plan, Surroundings& around) = 0;

 protected:
  ~AttemptRunner() = default;
};

// In `holdfast exec`: goes on with what a launcher has handed over (launcher/hand_over.hpp), and
// has the test run by `runner`.
Exit go_on(char** arguments, char** environment, AttemptRunner& runner);

}  // namespace holdfast::launcher
