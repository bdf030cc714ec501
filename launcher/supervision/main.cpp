#include "os/signal/signals.hpp"
#include "supervision/attempt/anchor.hpp"
#include "supervision/launch.hpp"

int main(int /*count*/, char** arguments) {
  using namespace holdfast;
  const Exit end = launcher::is_anchor(arguments) ? launcher::end_as_anchor(arguments)
                                                  : launcher::launch(arguments, environ);
  if (end.kind == Exit::Kind::signal) os::die_of(end.value);
  return end.value;
}
