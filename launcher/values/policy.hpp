// The policy: how to run one attempt. It is resolved once and handed out finished.
//
// The keeper resolves the policy for the tests of its run. Without a keeper, and for `holdfast
// run`, the launcher resolves it. Later stages never look at properties or options again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "values/containment.hpp"
#include "values/framework.hpp"
#include "values/lock_spec.hpp"
#include "values/outcome.hpp"
#include "values/retry_rules.hpp"
#include "values/service_spec.hpp"

namespace holdfast {

// Where the processes of tests run.
enum class Engine : std::uint8_t {
  local,  // on this machine
  slurm,  // each as a step on a node of the Slurm allocation around ctest (docs/reference/slurm.md)
};

constexpr auto words_of(Engine) { return word_list("local", "slurm"); }

struct EnginePolicy {
  Engine kind = Engine::local;
  std::string options = {};      // for srun
  std::string local_label = {};  // tests with this label stay here; empty: there is none

  friend bool operator==(const EnginePolicy&, const EnginePolicy&) = default;
};

// The user's commands around an attempt, for /bin/sh: docs/reference/config.md. Empty: none.
struct Hooks {
  std::string on_failure;   // when a test has failed for good
  std::string before_kill;  // before a test's process tree is ended because its time is over

  bool any() const { return !on_failure.empty() || !before_kill.empty(); }

  friend bool operator==(const Hooks&, const Hooks&) = default;
};

// What happens to processes that are left when the test's main process has ended.
enum class OnLeak : std::uint8_t {
  kill,    // they are ended, named and reported
  fail,    // as kill, and the test fails
  ignore,  // they live on, let go
};

constexpr auto words_of(OnLeak) { return word_list("kill", "fail", "ignore"); }

// When an attempt's scratch directory is removed.
enum class Scratch : std::uint8_t {
  keep_failed,  // after a pass
  keep,         // never
  remove,       // always
};

constexpr auto words_of(Scratch) { return word_list("keep-failed", "keep", "remove"); }

// Which other tests do not run beside a test with RUN_SERIAL: those of its own run, as in ctest, or
// those of any run in that scope. For such a scope every test takes a lock: a test with RUN_SERIAL
// takes it exclusively, every other test shared.
enum class RunSerial : std::uint8_t { run, project, user, machine };

constexpr auto words_of(RunSerial) { return word_list("run", "project", "user", "machine"); }

inline constexpr Milliseconds k_default_grace{5000};

// Variables that make a crash say where it was.
std::vector<Variable> default_environment();

struct Policy {
  std::vector<LockSpec> locks;   // canonical order
  Milliseconds lock_timeout{0};  // 0: no limit
  Milliseconds timeout{0};       // 0: no limit
  Milliseconds grace = k_default_grace;
  std::vector<ServiceUse> services = {};
  unsigned ports = 0;  // how many TCP ports it gets, 0 to 64
  OnLeak on_leak = OnLeak::kill;
  // The test has FIXTURES_SETUP, or another test's DEPENDS names it. So what it leaves behind lives
  // until the run ends.
  bool needed_by_others = false;
  Containment containment = {};
  ContainmentMissing containment_missing = ContainmentMissing::warn;
  // With a /tmp of its own, a test still sees these paths as they are outside.
  std::vector<std::string> passthrough = {};
  Scratch scratch = Scratch::keep_failed;
  // KiB that the run may keep of the output of attempts: 1 GiB if nothing is said.
  std::uint64_t kept_output_kb = 1U << 20U;
  unsigned nice = 0;                   // the least nice value, 0 to 19
  std::optional<unsigned> umask = {};  // umask(2) of its processes; none: that of ctest
  RunSerial run_serial = RunSerial::run;
  NoTests no_tests = NoTests::keep;
  PrematureExit premature_exit = PrematureExit::fail;
  // If set, the test is a batch of cases, and `timeout` limits all of them together.
  std::optional<Isolation> isolation;
  Milliseconds case_timeout{0};  // for each case; 0: no limit
  unsigned processors = 1;       // how many cases may run at once
  bool idle_slots = true;        // more cases may run in slots that ctest leaves idle
  // Variables for the test, unless the user has set them.
  std::vector<Variable> environment = default_environment();
  RetryPolicy retry = {};
  Hooks hooks = {};
  EnginePolicy engine = {};

  friend bool operator==(const Policy&, const Policy&) = default;
};

// True: further cases of the batch may run in slots that ctest leaves idle. False if the setting
// says so, or if what the attempt has is for one case at a time: a lock that is not shared, a port,
// a service that nobody else may use.
bool may_use_idle_slots(const Policy& policy);

// Which part of a test's policy each side of a far attempt keeps (docs/internals/decisions/0045).

// Takes out of `near` what the node does, and returns the policy for the node. Attempts, hooks
// after a failure and waits are left to this side. What the test leaves behind is not kept on a
// node until the run ends, because nobody there would end it.
Policy take_far_share(Policy& near);

}  // namespace holdfast
