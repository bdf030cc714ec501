// Finds out whether the kernel killed something because memory ran out while a step ran. The
// counter covers all that is in our cgroup: it says that memory ran out, not for whom.
//
// The counter is read twice, the first time only when a step has run for a while. A step that uses
// up memory takes longer than that, so most steps of a build pay nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "os/memory/oom_events.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::supervision {

class StepMemory final : public Companion {
 public:
  StepMemory();

  // Reads the counter now; `path` as for OomEvents::open().
  void begin(const std::string& path);

  // True: memory ran out while the step ran. To be called if the step has failed by itself.
  bool ran_out(const AttemptResult& result) const;

  // The functions of a companion. When it is time, on_deadline() calls begin().
  Milliseconds deadline() override { return begins_at_; }
  Verdict on_deadline() override;

 private:
  Milliseconds started_;
  Milliseconds begins_at_;
  os::OomEvents events_;
  std::optional<std::uint64_t> before_;
};

}  // namespace holdfast::supervision
