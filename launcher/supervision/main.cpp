#include "os/signal/signals.hpp"
#include "supervision/attempt/anchor.hpp"
#include "supervision/launch.hpp"

namespace {

class PlainRunner final : public holdfast::supervision::AttemptRunner {};
class PlainStepRunner final : public holdfast::supervision::StepRunner {};

}  // namespace

int main(int /*count*/, char** arguments) {
  using namespace holdfast;
  if (supervision::is_anchor(arguments)) return supervision::end_as_anchor(arguments).value;
  PlainRunner tests;
  PlainStepRunner steps;
  const Exit end = supervision::launch(arguments, environ, {tests, steps});
  if (end.kind == Exit::Kind::signal) os::die_of(end.value);
  return end.value;
}
