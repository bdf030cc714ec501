#include "keeper/base/connections.hpp"

#include <unistd.h>

#include "os/file/clock.hpp"

namespace holdfast {

void Connection::begin_attempt(const wire::AttemptRequest& request,
                               const wire::AttemptGrant& granted) {
  attempt = granted.attempt;
  scratch = granted.scratch;
  test = request.test;
  key = request.key;
  n = 1;
  program = request.program;
  inputs = request.inputs;
  command_sum = request.command_sum;
  is_stale = false;
  processors = static_cast<std::size_t>(processors_of(request.facts));
  serial = request.facts.serial;
  launcher = request.launcher;
  output = os::stream_of(launcher.pid, STDOUT_FILENO);
  soonest_end = request.soonest_end;
  if (granted.refusal.empty()) grace = granted.policy.grace;
  services = granted.policy.services;
  if (!services.empty()) fixtures = fixtures_of(request.facts);
  guard.begin(launcher, grace);
}

void Connection::begin_next(const std::string& id, const std::string& its_scratch) {
  attempt = id;
  scratch = its_scratch;
  ++n;
  is_stale = false;
  locks.clear();
  wait.clear();
  contained.reset();
  cgroup.clear();
  guard.begin(launcher, grace);
}

void Connection::end_attempt() {
  farewell = true;
  launcher_life.reset();
  guard_until = k_longest;
  guard.end();
  locks.clear();
  wait.clear();
  contained.reset();
}

void Connection::expect_end() {
  if (!launcher_life.valid()) return;
  // How much longer than the grace a guard may take after its launcher's death.
  constexpr Milliseconds k_guard_patience{7000};
  launcher_life.reset();
  guard.end();
  guard_until = os::monotonic_now() + grace + k_guard_patience;
}

}  // namespace holdfast
