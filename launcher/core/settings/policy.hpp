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

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/batch/isolation.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/outcome/hooks.hpp"
#include "core/outcome/outcome.hpp"
#include "core/retry/retry_policy.hpp"

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

}  // namespace holdfast
