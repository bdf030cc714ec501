#include "supervision/attempt/scratch.hpp"

#include <cstdlib>

#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"

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

Result<AttemptScratch> AttemptScratch::make_own() {
  const Result<os::UniqueFd> user = os::open_user_directory();
  if (!user) return user.error();
  const std::string above(names::k_user_scratch_directory);
  if (Result<os::UniqueFd> made = os::open_below(*user, above, 0700); !made) return made.error();
  AttemptScratch own(os::user_directory_path() + "/" + above + "/" +
                     file_name_of(os::own_name(), os::own_pid_namespace()));
  Result<os::UniqueFd> claimed = os::make_claimed_scratch(own.path_);
  if (!claimed) return claimed.error();
  own.claim_ = std::move(*claimed);
  own.is_own_ = true;
  return own;
}

// Only the first trouble is kept.
bool AttemptScratch::succeeded(const Result<void>& removal) {
  if (!removal && trouble_.empty()) trouble_ = to_text(removal.error());
  return static_cast<bool>(removal);
}

Scratch AttemptScratch::settle_tmp(const ContainmentNeeds& needs, const Policy& policy,
                                   const AttemptResult& result, os::ScratchContent& left) {
  const os::PrivateTmp& tmp = *needs.tmp;
  const Scratch what = policy.scratch;
  const bool is_in_use = result.report.kept || result.report.survivors > 0;
  if (needs.tmp_is_shared) {
    // The keeper removes it if no link leads there, when the run is over. What later tests need has
    // ended by then.
    const bool may_outlive_run = is_in_use && policy.on_leak == OnLeak::ignore;
    if (!may_outlive_run && goes(what, result.outcome)) return what;
    point_to(tmp.directory(), left);
    return Scratch::keep;
  }
  const bool is_bare = !is_in_use && tmp.is_bare();
  if (is_bare && !is_own_) return what;  // for the next attempt with this scratch directory
  const bool goes_now = !is_in_use && (is_bare || goes(what, result.outcome));
  if (goes_now && succeeded(tmp.remove())) return what;
  // What could not be removed must not meet the next test.
  point_to(tmp.directory(), left);
  return Scratch::keep;
}

void AttemptScratch::point_to(const std::string& tmp, os::ScratchContent& left) {
  if (path_.empty()) return;
  // The directory must not be reused even if the link cannot be made.
  left.holds_files = true;
  left.is_as_made = false;
  const std::string link = path_ + "/" + std::string(names::k_private_tmp_link);
  const Result<os::OwnPlace> place = os::own_place(link);
  const bool is_made =
      place && ::symlinkat(tmp.c_str(), place->directory.get(), place->name.c_str()) == 0;
  if (is_made) return;
  (void)succeeded(os::system_error("make " + link + ", a link to " + tmp));
}

std::string AttemptScratch::settle(Scratch what, Outcome outcome, const os::ScratchContent& left) {
  if (path_.empty()) return {};
  is_as_new_ = left.is_as_made;
  // An empty directory tells nobody anything, whatever the outcome.
  if (!is_as_new_ && (!left.holds_files || goes(what, outcome))) {
    is_as_new_ = succeeded(os::renew_scratch_directory(path_));
  }
  if (!is_as_new_) {
    (void)succeeded(os::remove_marker_directory(path_));
    return path_;
  }
  if (is_own_) os::remove_empty_scratch(path_);
  return {};
}

bool says_scratch(const Invocation& invocation) {
  return last_of(invocation.said, Setting::scratch) != nullptr ||
         last_of(invocation.line.options.said, Setting::scratch) != nullptr;
}

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

// The shell must see that the signal that stopped the test has stopped us too. Nobody can block
// SIGSTOP, so the guard sends it to us: it then comes before the SIGCONT that the guard sends when
// the test goes on. If another signal told us to stop, we stop by that signal instead.
bool SharedStops::stop_as_test(int signal) {
  woken_by_ = {};
  // The first process of a PID namespace cannot be stopped, so no shell would see a stop and
  // continue us.
  if (::getpid() == 1) return false;
  if (signal == SIGSTOP) signal = signals_.told_to_stop();
  if (signal == 0) {
    guard_.order({GuardOrder::Kind::stop_launcher, 0, 0, last_.now});
    return true;
  }
  // The guard's news may be old: since then, two key presses may have stopped and continued us.
  const pid_t main = guard_.report().main;
  if (!signals_.stop_by(signal, [main] { return main == 0 || os::is_stopped(main); })) return false;
  woken_by_ = last_;
  return true;
}

// A SIGCONT that continues us is meant only for the stop that it ends. `fg` has continued the test
// too. If the test is stopped again by now, it must stay stopped.
void SharedStops::forward(GuardOrder order) {
  const MainStop woken_by = std::exchange(woken_by_, {});
  if (order.signal == SIGCONT && woken_by.signal() != 0) {
    order.kind = GuardOrder::Kind::resume;
    order.stop = woken_by.now;
  }
  guard_.order(order);
}

SharedStops::News SharedStops::news() {
  const MainStop now = guard_.report().main_stop;
  if (now.now == last_.now) return {};
  const MainStop before = std::exchange(last_, now);
  return {before.signal() != 0, now.signal()};
}

}  // namespace holdfast::supervision
