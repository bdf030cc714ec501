// holdfast-exec: the launcher for everything beyond one plain attempt. A launcher becomes it, or
// ctest starts it for a batch, or srun for a test on another node.
#include <unistd.h>

#include <memory>

#include "launch/launch.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"
#include "retry/test_run.hpp"
#include "slurm/far_side.hpp"
#include "steps/step_run.hpp"

int main(int /*count*/, char** argv) {
  using namespace holdfast;
  char** arguments = os::take_arguments(argv);
  if (exec::is_far_side(arguments)) {
    // The path of the job has the tree's name.
    os::set_process_title("holdfast-exec", {"holdfast-exec", "--far"});
    return exec::be_far_side(arguments[2]);
  }
  // The keeper finds launchers by this name (run/keeper_socket.hpp).
  os::set_process_title(os::k_launcher_name, {os::k_launcher_title});
  const std::unique_ptr<supervision::AttemptRunner> tests = exec::test_runner();
  const std::unique_ptr<supervision::StepRunner> steps = exec::step_run();
  supervision::AllNeeds needs;
  const Exit end = supervision::launch(arguments, environ, {*tests, *steps, needs.all});
  if (end.kind == Exit::Kind::signal) os::die_of(end.value);
  return end.value;
}
