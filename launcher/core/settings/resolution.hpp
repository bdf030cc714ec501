// How a policy comes about: by what properties, options and holdfast.toml say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/settings/policy.hpp"

namespace holdfast {

// As the test's properties say it; empty where they say nothing.
struct Properties {
  std::string locks;          // HOLDFAST_LOCKS, comma-separated specs
  std::string resource_lock;  // RESOURCE_LOCK, comma-separated, each encoded as a file name
  std::string timeout;        // HOLDFAST_TIMEOUT
  std::string on_leak;        // HOLDFAST_ON_LEAK
  bool needed_by_others = false;
  std::string labels = {};  // LABELS, as resource_lock; only told where holdfast.toml asks for them
  bool run_serial = false;  // RUN_SERIAL
  // TIMEOUT, where ctest has been given more (docs/guide/timeouts.md).
  std::string native_timeout = {};
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
  // What holdfast.toml says of retries and hooks, as core/settings/wire_retry.hpp has it; below the
  // others.
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
