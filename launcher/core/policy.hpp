// What one attempt is to be done with: resolved once, here, and handed out finished.
//
// Who resolves: the keeper for tests of its run, else the launcher itself (no keeper, or
// `holdfast run`). Nobody downstream looks at properties or options again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "core/hooks.hpp"
#include "core/isolation.hpp"
#include "core/lock_spec.hpp"
#include "core/outcome.hpp"
#include "core/result.hpp"
#include "core/retry_policy.hpp"

namespace holdfast {

// What happens to processes that are left when the test's main process has ended.
enum class OnLeak : std::uint8_t {
  kill,    // ended, named, reported
  fail,    // as kill, and the test fails
  ignore,  // let go
};

std::optional<OnLeak> on_leak_named(std::string_view name);
std::string_view name_of(OnLeak on_leak);

// What is put around an attempt so that nothing of it can get away.
enum class Containment : std::uint8_t { none, cgroup, pidns };

std::optional<Containment> containment_named(std::string_view name);
std::string_view name_of(Containment containment);

// When an attempt's scratch directory goes.
enum class Scratch : std::uint8_t {
  keep_failed,  // after a pass
  keep,         // never
  remove,       // always
};

std::optional<Scratch> scratch_named(std::string_view name);
std::string_view name_of(Scratch scratch);

struct Variable {
  std::string name;
  std::string value;

  friend bool operator==(const Variable&, const Variable&) = default;
};

inline constexpr Milliseconds k_default_grace{5000};

// Make a crash say where it was.
std::vector<Variable> default_environment();

// Adds or replaces; an empty value takes the variable out.
void set_variable(std::vector<Variable>& environment, const Variable& variable);

struct Policy {
  std::vector<LockSpec> locks;   // canonical order
  Milliseconds lock_timeout{0};  // 0: no limit
  Milliseconds timeout{0};       // 0: no limit
  Milliseconds grace = k_default_grace;
  OnLeak on_leak = OnLeak::kill;
  // FIXTURES_SETUP or named in a DEPENDS: what it leaves behind lives until the run ends.
  bool needed_by_others = false;
  Containment containment = Containment::none;
  Scratch scratch = Scratch::keep_failed;
  NoTests no_tests = NoTests::keep;
  // Set: the test is a batch of GoogleTest cases, and `timeout` limits all of them together.
  std::optional<Isolation> isolation;
  Milliseconds case_timeout{0};  // of each; 0: no limit
  unsigned processors = 1;       // how many may go on at once
  // For the test, where the user has not set them.
  std::vector<Variable> environment = default_environment();
  RetryPolicy retry = {};
  Hooks hooks = {};

  friend bool operator==(const Policy&, const Policy&) = default;
};

// As the test's properties say it; empty where they say nothing.
struct Properties {
  std::string locks;          // HOLDFAST_LOCKS, comma-separated specs
  std::string resource_lock;  // RESOURCE_LOCK, comma-separated, each encoded as a file name
  std::string timeout;        // HOLDFAST_TIMEOUT
  std::string on_leak;        // HOLDFAST_ON_LEAK
  bool needed_by_others = false;
  std::string labels = {};  // LABELS, as resource_lock; only told where holdfast.toml asks for them
  bool run_serial = false;  // RUN_SERIAL
  std::string native_timeout = {};  // TIMEOUT, where ctest has been given more (docs/timeouts.md)
  // ctest's own limit for tests without one, where it has been given more.
  std::string default_timeout = {};
  std::string isolation = {};       // HOLDFAST_ISOLATION
  std::string processors = {};      // PROCESSORS, only told where there is an isolation
  std::string retry = {};           // HOLDFAST_RETRY
  std::string verdict = {};         // what decides about its verdict, where it may be tried again
  bool until_fail = false;          // ctest repeats its tests until they fail
  std::string required_files = {};  // REQUIRED_FILES: absolute paths, encoded, with commas
};

// As the command line of `holdfast run` or of the launcher says it.
struct Overrides {
  std::vector<LockSpec> locks;
  std::optional<Milliseconds> lock_timeout;
  std::optional<Milliseconds> timeout;
  std::optional<Milliseconds> grace;
  std::optional<OnLeak> on_leak;
  std::optional<Containment> containment;
  std::optional<Scratch> scratch;
  std::optional<NoTests> no_tests = {};
  std::vector<Variable> environment = {};  // beside the built-in ones, as set_variable()
  std::optional<RetryRules> retry = {};
  std::optional<Backoff> backoff = {};
  // What holdfast.toml says of retries and hooks, as core/wire_retry.hpp has it; below the others.
  std::string settings_of_retries = {};
};

struct ResolvedPolicy {
  Policy policy;
  // What was not understood and could be left out without harm; each a whole sentence.
  std::vector<std::string> warnings;
};

// Command line > property > default; of the properties HOLDFAST_TIMEOUT > TIMEOUT; without either,
// ctest's own limit holds as well. With an isolation, HOLDFAST_TIMEOUT (and the base's timeout)
// limits each case; TIMEOUT, else ctest's own limit, all of them. A lock that
// cannot be understood is an error: to run without a lock that was asked for is worse than not to
// run. Anything else is left out with a warning.
Result<ResolvedPolicy> resolve(const Properties& properties, const Overrides& overrides);
// The same, where `base` is what holds when neither says anything.
Result<ResolvedPolicy> resolve_over(Policy base, const Properties& properties,
                                    const Overrides& overrides);
// The last step of it alone, for a policy that the keeper resolved without them.
Result<Policy> with_overrides(Policy policy, const Overrides& overrides);

}  // namespace holdfast
