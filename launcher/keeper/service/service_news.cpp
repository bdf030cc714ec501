// Hears what the hosts of a run's services say, and acts on the end of a host.
#include "keeper/service/run_services.hpp"

#include <unistd.h>

#include <utility>

#include "core/base/number.hpp"
#include "core/settings/wire.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/stop_record.hpp"

namespace holdfast {

void RunServices::hear(ServiceHost& host) {
  while (os::is_readable(host.socket.get()) && hear_message(host)) {
  }
  if (!os::is_readable(host.helper.get())) return;
  host.helper.reset();
  services_->happened(host.id, {InstanceNews::Kind::ended});
}

// False: the connection has ended.
bool RunServices::hear_message(ServiceHost& host) {
  Result<os::PacketWithDescriptor> received = os::receive_with_descriptor(host.socket.get());
  if (!received || received->packet.empty()) {
    lose(host);
    return false;
  }
  const Result<wire::Message> message = wire::decode(received->packet);
  if (!message) return true;
  if (message->kind == wire::k_say) {
    lines_.say_for({host.order.spec.name, {}}, *message);
    return true;
  }
  if (message->kind == wire::k_contain) {
    host.contained = std::move(received->descriptor);
    host.cgroup = message->get("cgroup");
    return true;
  }
  hear_of_service(host, *message);
  return true;
}

void RunServices::hear_of_service(ServiceHost& host, const wire::Message& message) {
  host.due = k_longest;
  using Kind = InstanceNews::Kind;
  const std::string why(message.get("why"));
  const auto tell = [&](Kind kind) {
    accounts_.hear(host, message, os::monotonic_now());
    services_->happened(host.id, {kind, why});
  };
  host.log_size = parse_number<std::uint64_t>(message.get("log_size")).value_or(host.log_size);
  if (message.kind == wire::k_ready) {
    host.was_there = false;
    host.main = parse_number<pid_t>(message.get("pid")).value_or(0);
    if (const auto port = parse_number<std::uint16_t>(message.get("port"))) {
      // The port that the output tells takes the place of the first one.
      if (host.order.ports.empty()) host.order.ports.resize(1);
      host.order.ports.front() = *port;
    }
    record("ready", {ServiceOrder::Kind::start, host.id, host.order.generation});
    tell(Kind::ready);
  } else if (message.kind == wire::k_healthy) {
    const bool is_first = std::exchange(host.was_there, false);
    tell(is_first ? Kind::ready : Kind::healthy);
  } else if (message.kind == wire::k_unhealthy) {
    host.was_there = false;
    tell(Kind::unhealthy);
  } else if (message.kind == wire::k_died) {
    host.has_died = true;
    const bool was_starting = services_->life(host.id).state == ServiceState::starting;
    // A service that was there before the run is started anew. One that cannot start is not.
    const bool was_there = std::exchange(host.was_there, false);
    tell(was_there ? Kind::unhealthy : Kind::died);
    if (was_starting && !was_there) {
      record("died", {ServiceOrder::Kind::start, host.id, host.order.generation}, why);
    }
  } else if (message.kind == wire::k_farewell) {
    host.said_farewell = true;
  }
}

// The connection of host and guard has ended: both are gone.
void RunServices::lose(ServiceHost& host) {
  host.socket.reset();
  host.has_died = true;
  (void)os::remove_own_directory(host.order.scratch);  // what is in it stays
  to_reap_.push_back(std::exchange(host.pid, -1));
  host.due = k_longest;
  Connection left;
  left.stop_record = os::stop_record_path(host.order.log);
  if (host.said_farewell && !os::is_left(left.stop_record)) {
    // The reason matters only if the service was not told to end: then this is the first news of
    // it.
    return services_->happened(host.id, {InstanceNews::Kind::ended, "its host was killed"});
  }
  // The guard of a kept host does not have our connection, so its end says nothing of the guard.
  const bool is_guard_gone = !host.said_farewell && !host.is_kept;
  const bool was_there = std::exchange(host.was_there, false);
  // If the host was told to stop, we have killed it because it took too long. That is no loss.
  if (!host.is_told_to_stop) {
    services_->happened(
        host.id, {was_there ? InstanceNews::Kind::unhealthy : InstanceNews::Kind::died,
                  is_guard_gone ? "its host and its guard were killed" : "its host was killed"});
  }
  left.attempt = host.order.attempt;
  left.test = host.order.spec.name;
  left.grace = host.order.spec.grace;
  left.contained = std::move(host.contained);
  left.cgroup = host.cgroup;
  const pid_t helper = orphans_.look_after(std::move(left), {}, KilledBy::stranger, ctest_, lines_);
  if (helper > 0) host.helper = os::watch_living(helper);
  if (!host.helper.valid()) services_->happened(host.id, {InstanceNews::Kind::ended});
}

}  // namespace holdfast
