#include "os/signal/signals.hpp"
#include "supervision/attempt/anchor.hpp"
#include "supervision/launch.hpp"

int main(int /*count*/, char** arguments) {
  using namespace holdfast;
  const Exit end = supervision::is_anchor(arguments) ? supervision::end_as_anchor(arguments)
                                                     : supervision::launch(arguments, environ);
  if (end.kind == Exit::Kind::signal) os::die_of(end.value);
  return end.value;
}
