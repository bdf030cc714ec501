// How a policy comes about: by what properties, options and holdfast.toml say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/settings/facts.hpp"
#include "core/settings/policy.hpp"
#include "core/settings/value.hpp"

namespace holdfast {

// What the command line of `holdfast run` or of the launcher says. Locks add up, so they are apart.
struct Options {
  Values said;
  std::vector<LockSpec> locks;
};

// Where the limit of a test comes from: of all of its cases together, if it is a batch.
enum class LimitFrom : std::uint8_t {
  setting,  // `timeout`, HOLDFAST_TIMEOUT or --timeout
  test,     // the test's TIMEOUT
  ctest,    // ctest's own limit for tests without one
};

struct ResolvedPolicy {
  Policy policy;
  Values said;  // what was understood, in the order in which it was applied
  LimitFrom limit_from = LimitFrom::setting;
  // What was not understood and could be left out without harm; each a whole sentence.
  std::vector<std::string> warnings;
};

// Each value of `said` in its order, which is: holdfast.toml, then properties. Then the rules for
// several settings together:
// - Locks of RESOURCE_LOCK and of `run-serial` come besides those that are said.
// - HOLDFAST_TIMEOUT comes before TIMEOUT, and that before holdfast.toml; without either of the
//   properties, ctest's own limit holds as well.
// - With an isolation, the setting is the limit of each case; TIMEOUT, else ctest's own limit, is
//   that of all of them.
// A lock that cannot be understood is an error: to run without a lock that was asked for is worse
// than not to run. Any other property is left out with a warning.
Result<ResolvedPolicy> resolve(Values said, const TestFacts& facts);
// The same, and then with_options().
Result<ResolvedPolicy> resolve(Values said, const TestFacts& facts, const Options& options);

Result<Policy> with_options(Policy policy, const Options& options);

// Takes one value into the policy; fails with `"found": expected …`.
Result<void> apply(const Value& value, Policy& policy);

// Adds a lock and keeps the order in which locks are taken.
Result<void> add_locks(std::vector<LockSpec> more, std::vector<LockSpec>& locks);

// `HOLDFAST_TIMEOUT "soon": expected …`: an error of a value, with who said it.
std::string complaint_of(std::string_view who, const Error& error);

}  // namespace holdfast
