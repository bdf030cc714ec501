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
  // Takes the ports of the instance that `start` orders to start, as InstancePorts does. False: the
  // start waits, and take_due() returns the order when it is time to ask again.
  Result<bool> take(const ServiceOrder& start, const std::vector<ServiceSpec>& specs,
                    const LockParty& holder, InNetwork network);
  std::vector<ServiceOrder> take_due();
  // True: the start of the instance was waiting, and waits no more.
  bool stop_waiting(const InstanceId& id);
  // Says in words whom the start of the instance waits for. Empty: it does not wait.
  std::string obstacle(const InstanceId& id) const;

  // As in RunServices.
  void add_descriptors(std::vector<pollfd>& fds) const;
  Milliseconds due() const;

  const InstancePorts& of(const InstanceId& id) { return ports_[key_of(id)]; }
  // Lets the ports go of each instance for which `may_go` is true.
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
