#include "launcher/launch.hpp"
#include "os/signals.hpp"

int main(int /*count*/, char** arguments) {
  const holdfast::Exit end = holdfast::launcher::launch(arguments, environ);
  if (end.kind == holdfast::Exit::Kind::signal) holdfast::os::die_of(end.value);
  return end.value;
}
