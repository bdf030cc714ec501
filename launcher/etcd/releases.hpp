// Gives leases back. Their keys go with them, so the next waiter has its turn at once and need not
// wait for the end of the lease.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/base/duration.hpp"
#include "etcd/etcd.hpp"

namespace holdfast::etcd {

class Releases {
 public:
  explicit Releases(Etcd& etcd) : etcd_(etcd) {}

  // Gives the lease back. If etcd does not answer, tries again for a while. Later nobody would gain
  // by it.
  void begin(const std::string& lease);
  bool are_done() const { return leases_.empty(); }

  // When look() has something to do, on the clock of monotonic_now().
  Milliseconds due() const;
  void look();

 private:
  struct Lease {
    Milliseconds next = k_longest;  // when it is tried again
    Milliseconds until{0};          // when it is given up
  };
  void send(const std::string& lease);

  Etcd& etcd_;
  std::map<std::string, Lease> leases_;
};

}  // namespace holdfast::etcd
