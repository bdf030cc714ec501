// What one attempt is to be done with: resolved once, here, and handed out finished.
//
// The keeper resolves it for tests of its run, else the launcher does (no keeper, or
// `holdfast run`). Nothing downstream looks at properties or options again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/variable.hpp"
#include "core/base/words.hpp"
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

constexpr std::array<std::string_view, 3> words_of(OnLeak) { return {"kill", "fail", "ignore"}; }

// What is put around an attempt so that nothing of it can get away.
enum class Containment : std::uint8_t { none, cgroup, pidns };

constexpr std::array<std::string_view, 3> words_of(Containment) {
  return {"none", "cgroup", "pidns"};
}

// When an attempt's scratch directory goes.
enum class Scratch : std::uint8_t {
  keep_failed,  // after a pass
  keep,         // never
  remove,       // always
};

constexpr std::array<std::string_view, 3> words_of(Scratch) {
  return {"keep-failed", "keep", "remove"};
}

// Over what a test with RUN_SERIAL is alone: with no other test of its run, as ctest has it, or of
// any run in that scope. Then every test takes a lock, such a test exclusively, the others shared.
enum class RunSerial : std::uint8_t { run, project, user, machine };

constexpr std::array<std::string_view, 4> words_of(RunSerial) {
  return {"run", "project", "user", "machine"};
}

inline constexpr Milliseconds k_default_grace{5000};

// Make a crash say where it was.
std::vector<Variable> default_environment();

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
  unsigned nice = 0;  // at least, 0 to 19
  RunSerial run_serial = RunSerial::run;
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
