// The ports of all services of a run, and the starts that wait for a port.
#pragma once

#include <poll.h>

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/service/services.hpp"
#include "keeper/service/instance_ports.hpp"

namespace holdfast {

// The locks are held until clear(), so that no other run gets in between two generations.
class ServicePorts {
 public:
  // For the order to start an instance: takes its ports, as InstancePorts does. False: the start
  // waits, and take_due() returns the order when it is worth to ask again.
  Result<bool> take(const ServiceOrder& start, const std::vector<ServiceSpec>& specs,
                    const LockParty& holder);
  std::vector<ServiceOrder> take_due();
  // True: the start of the instance was waiting, and waits no more.
  bool stop_waiting(const InstanceId& id);
  // Whom its start waits for, in words; empty: it does not wait.
  std::string obstacle(const InstanceId& id) const;

  // As of RunServices.
  void add_descriptors(std::vector<pollfd>& fds) const;
  Milliseconds due() const;

  const InstancePorts& of(const InstanceId& id) { return ports_[key_of(id)]; }
  // Lets them go. `may_go` is asked for each instance.
  template <typename MayGo>
  void forget_if(MayGo may_go) {
    std::erase_if(ports_, [&](const auto& one) {
      return may_go(InstanceId{one.first.first, one.first.second});
    });
  }
  void clear();

 private:
  using Key = std::pair<std::size_t, unsigned>;
  static Key key_of(const InstanceId& id) { return {id.service, id.number}; }

  std::map<Key, InstancePorts> ports_;
  std::vector<ServiceOrder> waiting_;
};

}  // namespace holdfast
