// Finds out, as far as the keeper can know, whether the kernel killed a test because memory ran
// out. The counter of the run's cgroup shows that, or the kernel's log.
#pragma once

#include <string>

#include "core/outcome/explained_ends.hpp"
#include "core/settings/message.hpp"
#include "keeper/base/connections.hpp"
#include "os/memory/free_memory.hpp"

namespace holdfast {

class MemoryWatch {
 public:
  // `events`: the file with the counter; empty: the file of our own cgroup.
  explicit MemoryWatch(const std::string& events) : events_(os::OomEvents::open(events)) {}

  // To be called when an attempt begins on `connection`.
  void note_start(Connection& connection) const;

  // Answers the launcher.
  wire::Message answer(const wire::Message& question, const Connection& asker);

 private:
  os::OomEvents events_;
  OomClaims claims_;
};

}  // namespace holdfast
