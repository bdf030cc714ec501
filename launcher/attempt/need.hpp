// What an attempt must have before its test begins, and keep while it runs: locks, services, a
// network (docs/internals/decisions/0071-needs.md). Launcher and guard know nothing else of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attempt/records.hpp"
#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::supervision {

struct AttemptPlan;
struct TestAtHand;

// If the test does not need it, acquire() returns at once, and all other functions do nothing.
class Need {
 public:
  // --- In the launcher ---------------------------------------------------------------------
  // To be called before each attempt. Blocks until the attempt has it. None: it has it. Else the
  // result of the attempt, which cannot begin; then nothing of this need is held.
  virtual std::optional<AttemptResult> acquire(TestAtHand& test) = 0;
  // To be called when the attempt has its later needs, too, for which it may have waited for
  // minutes. The result of the attempt if this need was lost meanwhile.
  virtual std::optional<AttemptResult> confirm(const TestAtHand& /*test*/) { return std::nullopt; }
  // Tells the test what it has.
  virtual void tell(const TestAtHand& /*test*/, TestEnvironment& /*told*/, AttemptPlan& /*plan*/) {}
  // The test is over. Changes the result if the test was without its need for a time.
  virtual void judge(const TestAtHand& /*test*/, AttemptResult& /*result*/) {}
  // The result is known. Adds what this need has seen, and lets it go.
  virtual void release(TestAtHand& /*test*/, AttemptResult& /*result*/) {}
  // There is no other attempt after this one.
  virtual void end(TestAtHand& /*test*/, const AttemptResult& /*last*/) {}

  // --- In each process of the attempt --------------------------------------------------------
  // Adds the descriptors that keep it. Without any it is not asked while the test runs.
  virtual void add_descriptors(std::vector<int>& /*kept*/) const {}
  // Closes them in this process.
  virtual void let_go() {}

  // To be called first by whoever watches: all news comes anew.
  virtual Result<void> begin_watch() { return {}; }
  // Adds what tells of news; look() takes it from there.
  virtual void join(os::Wait& /*wait*/) {}
  enum class News : std::uint8_t {
    none,
    lost,  // it will be lost within the grace and a second, or is: begin to end the test
    over,  // it is lost: nothing of the test may be left
  };
  // Each kind of news comes once in a watch, `lost` before `over`.
  virtual News look(const os::Wait& /*wait*/) { return News::none; }
  // Takes no news away. What was lost once stays lost.
  virtual bool is_lost_now() { return false; }
  // How long the test may still run. Needs no watch.
  virtual Milliseconds time_left() const { return k_longest; }
  // To be called as soon as the test's tree is gone.
  virtual void end_watch() {}

 protected:
  ~Need() = default;
};

// In the order in which they are acquired. They are let go in the opposite order.
using Needs = std::span<Need* const>;

// Stops at the first that cannot be watched.
inline Result<void> begin_watch(Needs needs) {
  for (Need* const need : needs) HOLDFAST_DO(need->begin_watch());
  return {};
}

inline bool is_lost_now(Needs needs) { return std::ranges::any_of(needs, &Need::is_lost_now); }

}  // namespace holdfast::supervision
