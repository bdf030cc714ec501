#include "keeper/service/service_ports.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include "core/service/service_spec.hpp"
#include "os/file/clock.hpp"

namespace holdfast {

Result<bool> ServicePorts::take(const ServiceOrder& start, const std::vector<ServiceSpec>& specs,
                                const LockParty& holder, InNetwork network) {
  std::set<std::uint16_t> named;
  for (const ServiceSpec& spec : specs) named.insert(fixed_port(spec));
  const ServiceSpec& service = specs[start.instance.service];
  Result<bool> had = ports_[key_of(start.instance)].take(service, holder, named, network);
  if (had && !*had) waiting_.push_back(start);
  return had;
}

std::vector<ServiceOrder> ServicePorts::take_due() {
  std::vector<ServiceOrder> due;
  std::erase_if(waiting_, [&](const ServiceOrder& start) {
    const InstancePorts& ports = of(start.instance);
    pollfd news{ports.waiting_fd(), POLLIN, 0};
    const bool is_due = ::poll(&news, 1, 0) == 1 || os::monotonic_now() >= ports.deadline();
    if (is_due) due.push_back(start);
    return is_due;
  });
  return due;
}

bool ServicePorts::stop_waiting(const InstanceId& id) {
  const auto waits =
      std::erase_if(waiting_, [&id](const ServiceOrder& start) { return start.instance == id; });
  if (waits > 0) ports_.erase(key_of(id));
  return waits > 0;
}

std::string ServicePorts::obstacle(const InstanceId& id) const {
  const bool waits = std::ranges::find(waiting_, id, &ServiceOrder::instance) != waiting_.end();
  return waits ? ports_.at(key_of(id)).obstacle() : std::string{};
}

void ServicePorts::add_descriptors(std::vector<pollfd>& fds) const {
  for (const ServiceOrder& start : waiting_) {
    fds.push_back({ports_.at(key_of(start.instance)).waiting_fd(), POLLIN, 0});
  }
}

Milliseconds ServicePorts::due() const {
  Milliseconds due = k_longest;
  for (const ServiceOrder& start : waiting_) {
    due = std::min(due, ports_.at(key_of(start.instance)).deadline());
  }
  return due;
}

void ServicePorts::clear() {
  waiting_.clear();
  ports_.clear();
}

}  // namespace holdfast
