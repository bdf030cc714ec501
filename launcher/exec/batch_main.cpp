// holdfast-launcher-batch: the launcher for tests that are batches.
#include <unistd.h>

#include "exec/batch_runner.hpp"
#include "os/signal/signals.hpp"
#include "supervision/launch.hpp"

int main(int /*count*/, char** arguments) {
  using namespace holdfast;
  exec::BatchRunner batches;
  const Exit end = supervision::launch(arguments, environ, &batches);
  if (end.kind == Exit::Kind::signal) os::die_of(end.value);
  return end.value;
}
