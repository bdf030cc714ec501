#include "exec/execution.hpp"

#include <sys/prctl.h>

#include <cstdlib>

#include "core/base/environment.hpp"
#include "exec/retry/test_run.hpp"
#include "exec/step/step_run.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

Exit execute(char** arguments, char** environment) {
  // Code that looks for launchers (keeper/left/stuck_pairs.hpp) must find this one.
  ::prctl(PR_SET_NAME, "holdfast-launcher", 0, 0, 0);
  TestRunner runner(::getenv(environment::k_attach.data()) != nullptr ? ExitMode::ctest
                                                                      : ExitMode::command);
  StepRun step_runner;
  return supervision::go_on(arguments, environment, runner, step_runner);
}

}  // namespace holdfast::exec
