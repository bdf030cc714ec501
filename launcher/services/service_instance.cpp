#include "services/service_instance.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/process/execute.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/user.hpp"
#include "values/fields.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_line = 160;
// How much later than the service allows a host may answer. A host that is stopped never does.
constexpr Milliseconds k_answer_patience{5000};

std::string health_in_words(const ServiceHost& host, Milliseconds now) {
  if (host.answered.count() == 0) return "its health was not asked for";
  return fmt::format(
      "{} {} before",
      host.trouble.empty() ? "it was well" : "it was not well (" + brief(host.trouble) + ")",
      describe(now - host.answered));
}

}  // namespace

std::string describe(const ServiceHost& host, std::string_view state, Milliseconds now) {
  const wire::HostOrder& order = host.order;
  std::string text = fmt::format(
      "{} generation {} ", name_of_instance(order.spec.name, host.id.number), order.generation);
  text += host.lost.empty() ? std::string(state) : "was lost (" + brief(host.lost) + ")";
  if (host.last.main > 0) text += fmt::format(", pid {}", host.last.main);
  if (!order.ports.empty()) text += ", port " + ports_in_text(order.ports);
  if (host.ready.count() > 0) text += fmt::format(", ready since {}", describe(now - host.ready));
  text += "\n  " + health_in_words(host, now);
  for (std::string_view lines = host.last.last_lines; !lines.empty();) {
    text += "\n  | " + printable(take_part(lines, '\n').substr(0, k_longest_line));
  }
  return text;
}

void note_beginning(const ServiceHost& host, std::vector<ServiceRecord>& parts) {
  const bool is_known = std::ranges::any_of(
      parts, [&](const ServiceRecord& part) { return part.log == host.order.log; });
  if (is_known) return;
  ServiceRecord& part = parts.emplace_back();
  part.event = "red_use";
  part.service = host.order.spec.name;
  part.instance = host.id.number;
  part.generation = host.order.generation;
  part.log = host.order.log;
  part.log_from = static_cast<std::int64_t>(host.last.log_size);
  part.log_head = static_cast<std::int64_t>(host.order.spec.log_limit / 2);
}

std::vector<ServiceRecord> ended_parts(std::vector<ServiceRecord> parts,
                                       const std::vector<ServiceHost>& hosts) {
  for (ServiceRecord& part : parts) {
    const auto host = std::ranges::find_if(
        hosts, [&](const ServiceHost& one) { return one.order.log == part.log; });
    // A lost generation prints until its end, and its host does not tell how much. So its part goes
    // to the end of the log.
    if (host == hosts.end() || host->has_died) continue;
    part.log_to = static_cast<std::int64_t>(host->last.log_size);
  }
  std::erase_if(parts, [](const ServiceRecord& part) { return part.log_to == part.log_from; });
  return parts;
}

void ServiceHost::send(std::string_view kind) {
  if (!socket.valid()) return;
  (void)os::send_message(socket.get(), wire::Message(kind));
  if (kind == wire::k_stop) is_told_to_stop = true;
  if (kind != wire::k_had_alone) expect_answer(kind);
}

void ServiceHost::expect_answer(std::string_view to) {
  const ServiceSpec& spec = order.spec;
  Milliseconds time = spec.health_timeout;
  if (to == wire::k_stop) time = longest_end(spec);
  if (to == wire::k_reset) time += spec.start_timeout;
  if (to == k_start) time = spec.start_timeout;
  due = os::monotonic_now() + time + k_answer_patience;
}

void ServiceHost::hear(wire::HostNews news, Milliseconds now) {
  due = k_longest;
  if (news.kind == ServiceNews::ready) ready = now;
  if (news.kind == ServiceNews::healthy || news.kind == ServiceNews::unhealthy) {
    answered = now;
    trouble = news.why;
  }
  if (news.last_lines.empty()) news.last_lines = std::move(last.last_lines);
  order.take_told(news.port);
  last = std::move(news);
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
  HOLDFAST_TRY(const std::string program, os::own_program());
  HOLDFAST_TRY(auto ends, os::packet_pair());
  const os::UniqueFd& theirs = ends.second;
  const std::vector<std::string> words{program, "service-host", std::to_string(theirs.get())};
  std::vector<char*> arguments = os::pointers_to(words);
  // Nothing else of ours is started before we have closed this end.
  (void)::fcntl(theirs.get(), F_SETFD, 0);
  std::vector<int> inherited = order.kept;
  inherited.insert(inherited.end(), {order.dependents, order.network});
  for (const int one : inherited) (void)::fcntl(one, F_SETFD, 0);
  const os::Spawned spawned = os::spawn({arguments.data(), ::environ}, {});
  for (const int one : inherited) (void)::fcntl(one, F_SETFD, FD_CLOEXEC);
  if (spawned.error != 0) return os::system_error("start " + program, spawned.error);
  wire::Message message = wire::to_message(order);
  each_field(os::log_target(), wire::ToMessage(message));
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

std::vector<Variable> variables_of(const ServiceHost& host) {
  const wire::HostOrder& order = host.order;
  std::vector<Variable> variables;
  const auto add = [&](std::string_view word, const std::string& value) {
    variables.push_back({variable_of_service(order.spec.name, word), value});
  };
  if (!order.ports.empty()) {
    add(environment::k_service_port, std::to_string(order.ports.front()));
    add(environment::k_service_ports, ports_in_text(order.ports));
  }
  add(environment::k_service_generation, std::to_string(order.generation));
  add(environment::k_service_log, order.log);
  if (host.last.main > 0) add(environment::k_service_pid, std::to_string(host.last.main));
  return variables;
}

}  // namespace holdfast
