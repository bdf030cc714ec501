#include "supervision/attempt/attempt_environment.hpp"

#include <cstdlib>

namespace holdfast::supervision {
namespace {

// Puts each lock's slots and fence into the environment. Returns the entries that tests inside the
// test need.
std::vector<std::string> tell_locks(const AttemptFacts& facts, TestEnvironment& told) {
  std::vector<std::string> places;
  const auto tell = [&](const LockSpec& spec, const std::vector<unsigned>& slots) {
    places.push_back(held_entry(place_of(spec, facts.grant.home), spec, slots));
    if (slots.empty()) return;
    told.set(std::string(environment::k_slot_prefix) + slot_variable(spec.name), to_text(slots));
  };
  for (const os::LockRequest& lock : facts.locks.held) tell(lock.spec(), lock.slots());
  for (const ClusterLocks::Held& lock : facts.locks.cluster.held()) {
    tell(lock.spec, lock.slots);
    told.set(std::string(environment::k_fence_prefix) + slot_variable(lock.spec.name), lock.fence);
  }
  return places;
}

// Runs inside the test may take its locks over machines below it. Other tests have no use for the
// password, and many print their environment.
void pass_on_password(const ClusterLocks& locks, TestEnvironment& told) {
  if (!locks.is_connected()) return;
  const char* const password = ::getenv(environment::k_cluster_password.data());
  if (password != nullptr) told.set(environment::k_cluster_password, password);
}

// The locks of the ports are the last ones.
void tell_ports(const AttemptFacts& facts, TestEnvironment& told) {
  const std::size_t count = facts.locks.held.size();
  std::string ports;
  for (std::size_t i = count - facts.grant.policy.ports; i < count; ++i) {
    const std::string_view port = port_in_text(facts.locks.held[i].spec());
    if (ports.empty()) {
      told.set(environment::k_port, port);
    } else {
      ports += ';';
    }
    ports += port;
  }
  told.set(environment::k_ports, ports);
}

}  // namespace

TestEnvironment attempt_environment(const Invocation& invocation, const AttemptFacts& facts) {
  namespace env = environment;
  const AttemptIdentity& identity = facts.grant.identity;
  TestEnvironment told(invocation.environment);
  told.set(env::k_test_name, identity.test);
  told.set(env::k_attempt, std::to_string(identity.n));
  told.set(env::k_attempt_id, identity.attempt);
  told.set(env::k_run_id, facts.grant.run);
  if (!facts.scratch.empty()) told.set(env::k_tmpdir, facts.scratch);
  if (facts.grant.policy.ports > 0) tell_ports(facts, told);
  for (const Variable& variable : facts.services) told.set(variable.name, variable.value);
  for (const Variable& variable : facts.grant.policy.environment) {
    told.set_if_absent(variable.name, variable.value);
  }
  std::vector<std::string> places = tell_locks(facts, told);
  // A ctest on the same tree inside this test must not wait for the run that it is part of.
  if (invocation.attach) places.push_back(run_place(facts.grant.home.tree));
  pass_on_password(facts.locks.cluster, told);
  const std::string held = facts.above.with(places, identity.attempt);
  if (!held.empty()) told.set(env::k_held, held);
  return told;
}

}  // namespace holdfast::supervision
