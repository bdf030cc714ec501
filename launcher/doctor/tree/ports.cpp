#include "doctor/tree/ports.hpp"

#include <fmt/format.h>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/network/sockets.hpp"
#include "services/port_owners.hpp"

namespace holdfast::doctor {
namespace {

// So many ports are tried when one is chosen; with fewer, the choice may find none.
constexpr unsigned k_few_ports = 100;

}  // namespace

std::optional<LockParty> holder_of_port(std::uint16_t port) {
  const std::string directory =
      fmt::format("{}/{}/{}", os::user_directory_path(), names::k_user_locks_directory,
                  place_of(lock_of_port(port), {}));
  const std::optional<os::SurveyedLock> lock = os::survey_lock(directory, os::Strangers::leave_out);
  if (!lock || lock->holders.empty()) return std::nullopt;
  return lock->holders.front();
}

Ports look_at_ports(const std::vector<SeenService>& services, bool tests_get_ports,
                    const std::string& tree) {
  Ports ports;
  ports.are_chosen = tests_get_ports;
  const std::vector<TcpSocket> sockets = os::listening_sockets();
  for (const SeenService& service : services) {
    ports.are_chosen = ports.are_chosen || service.spec.ports > 0;
    const std::uint16_t port = fixed_port(service.spec);
    if (port == 0) continue;
    SeenPort seen{port, service.spec.name, service.spec.origin};
    const TcpSocket* const listener = listener_on(sockets, port);
    if (listener != nullptr) seen.listener = host::owner_of(host::listening_socket(*listener));
    const std::optional<LockParty> holder = holder_of_port(port);
    if (holder) seen.holder = describe_party(*holder);
    seen.is_of_tree = holder && holder->tree == tree;
    ports.all.push_back(std::move(seen));
  }
  ports.range = trimmed(os::read_file("/proc/sys/net/ipv4/ip_local_port_range").value_or(""), "\n");
  ports.choice = ports_below(ports.range).count;
  return ports;
}

Findings check_ports(const Ports& ports) {
  Findings all;
  for (const SeenPort& seen : ports.all) {
    if (!seen.holder.empty() && !seen.is_of_tree) {
      all.push_back({Kind::port_in_use,
                     fmt::format("service {} wants port {}, which {} has", seen.service, seen.port,
                                 seen.holder),
                     seen.origin, "its start waits until the other run ends", "holdfast status"});
    } else if (seen.holder.empty() && !seen.listener.empty()) {
      all.push_back({Kind::port_taken,
                     fmt::format("service {} cannot start: {}", seen.service, seen.listener),
                     seen.origin, "end that process, or give the service another port",
                     fmt::format("ss -ltnp 'sport = :{}'", seen.port)});
    }
  }
  if (ports.are_chosen && ports.choice < k_few_ports) {
    all.push_back({Kind::no_ports,
                   fmt::format("Holdfast has {} to choose from for tests and services: "
                               "ip_local_port_range is \"{}\"",
                               counted(ports.choice, "port"), ports.range),
                   "/proc/sys/net/ipv4/ip_local_port_range",
                   "as root, leave ports from 1024 on out of the range",
                   "sysctl -w net.ipv4.ip_local_port_range='32768 60999'"});
  }
  return all;
}

}  // namespace holdfast::doctor
