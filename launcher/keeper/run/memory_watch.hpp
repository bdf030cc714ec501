// Whether a test that died of SIGKILL was killed by the kernel for want of memory, as far as the
// keeper can know: by the counter of the run's cgroup, or the kernel's log.
#pragma once

#include <string>

#include "core/outcome/oom.hpp"
#include "core/settings/wire.hpp"
#include "keeper/base/connections.hpp"
#include "os/memory/oom_events.hpp"

namespace holdfast {

class MemoryWatch {
 public:
  // `events`: the file with the counter; empty: that of the cgroup that we are in.
  explicit MemoryWatch(const std::string& events) : events_(os::OomEvents::open(events)) {}

  // An attempt begins on that connection.
  void note_start(Connection& connection) const;

  // The answer to its launcher.
  wire::Message answer(const wire::Message& question, const Connection& asker);

 private:
  os::OomEvents events_;
  OomClaims claims_;
};

}  // namespace holdfast
