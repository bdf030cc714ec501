// Whether the kernel killed something for want of memory while a step ran. The counter covers all
// that is in our cgroup: it says that memory ran out, not for whom.
//
// The counter is read twice, and first only when a step has run for a while. A step that uses up
// memory takes longer than that, and most steps of a build pay nothing.
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

  // To be asked about a step that has failed by itself.
  bool ran_out(const AttemptResult& result) const;

  // As a companion: begins when it is time.
  Milliseconds deadline() override { return begins_at_; }
  Verdict on_deadline() override;

 private:
  Milliseconds started_;
  Milliseconds begins_at_;
  os::OomEvents events_;
  std::optional<std::uint64_t> before_;
};

}  // namespace holdfast::supervision
