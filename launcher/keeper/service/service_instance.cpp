#include "keeper/service/service_instance.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/log/log.hpp"
#include "os/process/execute.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/user.hpp"

namespace holdfast {
namespace {

// How much later than the service allows a host may answer. A host that is stopped never does.
constexpr Milliseconds k_answer_patience{5000};

}  // namespace

void ServiceHost::send(std::string_view kind) {
  if (!socket.valid()) return;
  (void)os::send_message(socket.get(), wire::Message(kind));
  if (kind == wire::k_stop) is_told_to_stop = true;
  if (kind != wire::k_stacks && kind != wire::k_had_alone) expect_answer(kind);
}

void ServiceHost::expect_answer(std::string_view to) {
  const ServiceSpec& spec = order.spec;
  Milliseconds time = spec.health_timeout;
  if (to == wire::k_stop) time = longest_end(spec);
  if (to == wire::k_reset) time += spec.start_timeout;
  if (to == k_start) time = spec.start_timeout;
  due = os::monotonic_now() + time + k_answer_patience;
}

Milliseconds longest_end(const ServiceSpec& service) {
  return service.stop.empty() ? service.grace : service.grace + service.stop_time();
}

Result<void> lend_to_user(wire::HostOrder& host) {
  const std::optional<User>& user = host.spec.other_user;
  if (!user) return {};
  const std::string directory = host.scratch.substr(0, host.scratch.rfind('/'));
  host.before = os::words_to_be(*user);
  for (const auto& [name, value] :
       {std::pair{"HOME", user->home}, {"USER", user->name}, {"LOGNAME", user->name}}) {
    host.spec.environment.insert(host.spec.environment.begin(), Variable{name, value});
  }
  HOLDFAST_TRY(const os::UniqueFd above, os::open_own_directory(directory));
  HOLDFAST_TRY(const os::UniqueFd scratch, os::open_own_directory(host.scratch));
  if (::fchmod(above.get(), 0711) != 0 || ::fchown(scratch.get(), user->uid, user->gid) != 0) {
    return os::system_error("give " + host.scratch + " to " + user->name);
  }
  return {};
}

Result<ServiceHost> start_host(const InstanceId& id, wire::HostOrder order) {
  HOLDFAST_TRY(std::string program, os::own_program());
  HOLDFAST_TRY(auto ends, os::packet_pair());
  const os::UniqueFd& theirs = ends.second;
  std::string command = "service-host";
  std::string number = std::to_string(theirs.get());
  char* arguments[] = {program.data(), command.data(), number.data(), nullptr};
  // Nothing else of ours is started before we have closed this end.
  (void)::fcntl(theirs.get(), F_SETFD, 0);
  std::vector<int> inherited = order.kept;
  for (const int one : {order.dependents, order.network}) {
    if (one >= 0) inherited.push_back(one);
  }
  for (const int one : inherited) (void)::fcntl(one, F_SETFD, 0);
  const os::Spawned spawned = os::spawn({arguments, ::environ}, {});
  for (const int one : inherited) (void)::fcntl(one, F_SETFD, FD_CLOEXEC);
  if (spawned.error != 0) return os::system_error("start " + program, spawned.error);
  wire::Message message = wire::to_message(order);
  wire::add_log(message, os::log_target());
  HOLDFAST_DO(os::send_message(ends.first.get(), message));
  ServiceHost host;
  host.id = id;
  host.order = std::move(order);
  host.pid = spawned.pid;
  if (const Result<os::ProcessStat> stat = os::read_process_stat(host.pid)) {
    host.start = stat->start;
  }
  host.socket = std::move(ends.first);
  host.expect_answer(ServiceHost::k_start);
  return host;
}

std::string name_of_instance(const std::string& service, unsigned number) {
  return number == 0 ? service : service + "." + std::to_string(number + 1);
}

std::vector<std::string> variables_of(const ServiceHost& host) {
  const wire::HostOrder& order = host.order;
  std::vector<std::string> variables;
  const auto add = [&](std::string_view word, const std::string& value) {
    variables.push_back(variable_of_service(order.spec.name, word) + "=" + value);
  };
  if (!order.ports.empty()) {
    add(environment::k_service_port, std::to_string(order.ports.front()));
    add(environment::k_service_ports, ports_in_text(order.ports));
  }
  add(environment::k_service_generation, std::to_string(order.generation));
  add(environment::k_service_log, order.log);
  if (host.main > 0) add(environment::k_service_pid, std::to_string(host.main));
  return variables;
}

}  // namespace holdfast
