#include "attempt/anchor.hpp"
#include "launch/launch.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"

int main(int /*count*/, char** argv) {
  using namespace holdfast;
  // The command line must not look like the test's, not even for a moment longer than it takes to
  // get here: tests look for processes by command line, and end them.
  char** arguments = os::take_arguments(argv);
  // An anchor's arguments are numbers.
  if (supervision::is_anchor(arguments)) return supervision::end_as_anchor(arguments).value;
  os::set_process_title(os::k_launcher_name, {os::k_launcher_title});
  supervision::AttemptRunner tests;
  supervision::StepRunner steps;
  supervision::AllNeeds needs;
  const Exit end = supervision::launch(arguments, environ, {tests, steps, needs.all});
  if (end.kind == Exit::Kind::signal) os::die_of(end.value);
  return end.value;
}
