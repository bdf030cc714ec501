// The ports of one instance of a service, and their locks. Its declaration may name one port. The
// others are chosen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/service/service_spec.hpp"
#include "os/file/wait.hpp"
#include "os/lock/lock_file.hpp"

namespace holdfast {

// The instance keeps its ports through all its generations, until this object is destroyed. A
// process that inherits descriptors() keeps them longer.
//
// Nothing here waits. While another run has the lock of the named port, a process of its own waits
// for us in the lock's queue.
class InstancePorts {
 public:
  // Takes the ports that the instance does not have yet. False: another run has the named port. The
  // caller asks again when may_ask(); join() waits for that.
  //
  // `own` is the named port; 0: it needs no lock. The ports in `named` are not chosen. `holder`
  // signs the locks, and its process is ctest. Fails if there are not enough ports, if the wait was
  // too long, or if the wait would have no end because the run that has the port waits for us.
  Result<bool> take(const ServiceSpec& service, std::uint16_t own,
                    const std::vector<std::uint16_t>& named, const LockParty& holder);

  bool is_waiting() const { return waiting_fd() >= 0; }
  bool may_ask() const;
  void join(os::Wait& wait) const;
  // Says in words who has the named port. To be called during a wait.
  std::string obstacle() const;
  // Ends a wait, if there is one.
  void give_up();

  // The chosen ports, without the named one.
  const std::vector<std::uint16_t>& chosen() const { return chosen_; }
  // The descriptors that hold the locks.
  std::vector<int> descriptors() const;

 private:
  int waiting_fd() const;  // -1: there is no wait
  Result<bool> take_named(std::uint16_t port, const LockParty& holder, Milliseconds patience);
  Result<bool> ask_for_named();
  Result<void> begin_waiting(LockParty holder, Milliseconds patience);
  Result<void> choose(unsigned count, const std::vector<std::uint16_t>& named, LockParty holder);

  std::optional<os::LockRequest> named_;
  bool has_named_ = false;
  Milliseconds since_{0};  // when the wait began
  Milliseconds deadline_ = k_longest;
  std::vector<std::uint16_t> chosen_;
  std::vector<os::LockRequest> chosen_locks_;
};

}  // namespace holdfast
