#include "keeper/service/service_logs.hpp"

#include <algorithm>
#include <utility>

namespace holdfast {

void ServiceLogs::begin(UseId use, const ServiceHost& host, unsigned generation) {
  std::vector<ServiceRecord>& parts = parts_[use];
  const bool is_known = std::ranges::any_of(
      parts, [&](const ServiceRecord& part) { return part.log == host.order.log; });
  if (is_known) return;
  ServiceRecord part;
  part.event = "red_use";
  part.service = host.order.spec.name;
  part.instance = host.id.number;
  part.generation = generation;
  part.log = host.order.log;
  part.log_from = static_cast<std::int64_t>(host.log_size);
  part.log_head = static_cast<std::int64_t>(host.order.spec.log_limit / 2);
  parts.push_back(std::move(part));
}

std::vector<ServiceRecord> ServiceLogs::take(UseId use, const std::vector<ServiceHost>& hosts) {
  std::vector<ServiceRecord> parts = std::move(parts_[use]);
  parts_.erase(use);
  for (ServiceRecord& part : parts) {
    const auto host = std::ranges::find_if(
        hosts, [&](const ServiceHost& one) { return one.order.log == part.log; });
    // A lost generation prints until its end, and its host does not tell how much. So its part goes
    // to the end of the log.
    if (host == hosts.end() || host->has_died) continue;
    part.log_to = static_cast<std::int64_t>(host->log_size);
  }
  std::erase_if(parts, [](const ServiceRecord& part) { return part.log_to == part.log_from; });
  return parts;
}

}  // namespace holdfast
