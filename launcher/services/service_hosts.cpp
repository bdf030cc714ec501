#include "services/service_hosts.hpp"

#include <fmt/core.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>

#include "base/names.hpp"
#include "base/text.hpp"
#include "journal/records.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/stop_record.hpp"
#include "run/keeper_socket.hpp"
#include "settings/wire.hpp"

namespace holdfast {
namespace {

// True: the ctest of the party is an ancestor of ours, so it waits for us.
bool is_around(const LockParty& party, const ProcessName& ctest) {
  const std::vector<ProcessName> above = os::ancestors_of(ctest);
  return std::ranges::find(above, party.process) != above.end();
}

// A guard that is stopped ends nothing, and keeps the locks of the ports for ever. If the host was
// killed, the guard is only known as the parent of the service's main process.
void wake_guard(const ServiceHost& host) {
  std::vector<pid_t> candidates = os::children_of(host.pid);
  if (const Result<os::ProcessStat> main = os::read_process_stat(host.last.main)) {
    candidates.push_back(main->parent);
  }
  for (const pid_t pid : candidates) {
    const os::UniqueFd held = os::watch_living(pid);
    const Result<os::ProcessStat> stat = os::read_process_stat(pid);
    if (!held.valid() || !stat || !is_guard(*stat) || !os::is_stopped(pid)) continue;
    (void)os::send_signal(held.get(), SIGCONT);
  }
}

// Who has a lock from now on.
LockParty dated(LockParty holder) {
  holder.since_unix_ms = os::unix_now_ms();
  return holder;
}

void kill_host(const ServiceHost& host) {
  if (host.pid <= 0) return;
  wake_guard(host);
  ::kill(host.pid, SIGKILL);
}

}  // namespace

Result<bool> InstancePorts::take(const ServiceSpec& service, std::uint16_t own,
                                 const std::vector<std::uint16_t>& named, const LockParty& holder) {
  if (own != 0 && !has_named_) {
    Result<bool> had = take_named(own, holder, service.port_timeout);
    if (!had) give_up();
    if (!had || !*had) return had;
  }
  // These come last: nobody listens there during a wait, so a stranger could take them.
  if (service.ports > 0 && chosen_.empty()) {
    std::vector<os::LockRequest> locks;
    HOLDFAST_DO(os::take_ports(service.ports, named, dated(holder), locks));
    chosen_ = std::move(locks);
  }
  return true;
}

Result<bool> InstancePorts::take_named(std::uint16_t port, const LockParty& holder,
                                       Milliseconds patience) {
  if (!named_) {
    HOLDFAST_TRY(os::LockRequest request, os::LockRequest::open(lock_of_port(port), {}));
    named_.emplace(std::move(request));
    since_ = os::monotonic_now();
  } else if (!os::is_readable(named_->ready_fd())) {
    return ErrorInWords{"gave up after " + describe(patience) + ": " + obstacle()};
  }
  HOLDFAST_TRY(bool had, ask_for_named());
  has_named_ = had;
  if (!has_named_) {
    HOLDFAST_DO(begin_waiting(holder, patience));
    return false;
  }
  named_->sign(dated(holder));
  return true;
}

// Asks for the lock, or takes the result of a wait for it.
Result<bool> InstancePorts::ask_for_named() {
  if (named_->ready_fd() >= 0) {
    HOLDFAST_TRY(const bool had, named_->finish_waiting());
    // If we do not have it now, the lock's file was replaced during the wait.
    if (had) return true;
  }
  return named_->try_take();
}

Result<void> InstancePorts::begin_waiting(LockParty holder, Milliseconds patience) {
  for (const LockParty& other : named_->holders()) {
    if (!is_around(other, holder.process)) continue;
    return ErrorInWords{obstacle() + ", which runs this ctest in a test and so waits for it"};
  }
  holder.since_unix_ms = os::unix_now_ms() - (os::monotonic_now() - since_).count();
  named_->sign_waiting(holder);
  deadline_ = since_ + patience;
  return named_->start_waiting();
}

std::vector<std::uint16_t> InstancePorts::chosen() const {
  return collected(chosen_, [](const os::LockRequest& lock) {
    return parse_number<std::uint16_t>(port_in_text(lock.spec())).value_or(0);
  });
}

void InstancePorts::join(os::Wait& wait) const {
  wait.on(waiting_fd());
  wait.until(is_waiting() ? deadline_ : k_longest);
}

bool InstancePorts::may_ask() const {
  return !is_waiting() || os::is_readable(waiting_fd()) || os::monotonic_now() >= deadline_;
}

std::string InstancePorts::obstacle() const {
  return describe_obstacles("port " + std::string(port_in_text(named_->spec())),
                            named_->obstacles(), os::unix_now_ms());
}

void InstancePorts::give_up() {
  if (!has_named_) named_.reset();
}

std::vector<int> InstancePorts::descriptors() const {
  std::vector<int> all;
  if (has_named_) all = named_->descriptors();
  for (const os::LockRequest& lock : chosen_) {
    for (const int descriptor : lock.descriptors()) all.push_back(descriptor);
  }
  return all;
}

os::SharedNetwork& ServiceHosts::network() {
  network_->want();
  return *network_;
}

// Host and guard may both have been killed. A process of its own ends what they left.
void ServiceHosts::end_rest_of(const ManualService& kept, const ServiceSpec& service) {
  Connection left;
  left.attempt = kept.attempt_of(kept.last_generation());
  left.stop_record = os::stop_record_path(kept.log_of(kept.last_generation()));
  left.test = service.name;
  left.grace = service.grace;
  owner_.orphans.look_after(std::move(left), {}, KilledBy::stranger, owner_.ctest, owner_.lines);
}

void ServiceHosts::begin(Services& services, std::string run, std::string journal) {
  services_ = &services;
  run_ = std::move(run);
  journal_ = std::move(journal);
  for (const ServiceSpec& spec : services.specs()) {
    const ManualService kept(owner_.tree, spec.name);
    if (kept.is_noted() && !kept.has_host()) end_rest_of(kept, spec);
  }
}

ServiceHost* ServiceHosts::of(const InstanceId& id) {
  const auto found = std::ranges::find_if(
      hosts_, [&](const ServiceHost& host) { return host.id == id && !host.is_gone(); });
  return found == hosts_.end() ? nullptr : &*found;
}

ServiceHost* ServiceHosts::of(const InstanceId& id, unsigned generation) {
  for (std::vector<ServiceHost>* hosts : {&hosts_, &gone_}) {
    const auto found = std::ranges::find_if(*hosts, [&](const ServiceHost& host) {
      return host.id == id && host.order.generation == generation;
    });
    if (found != hosts->end()) return &*found;
  }
  return nullptr;
}

std::string ServiceHosts::obstacle(const InstanceId& id) const {
  const auto ports = ports_.find(id);
  return ports != ports_.end() && ports->second.is_waiting() ? ports->second.obstacle() : "";
}

// How the generations of services start, or those are taken that people keep.

// The host is asked even if nothing in the tree says that people keep the service: they may have
// removed .holdfast. A host that was told to end answers that it is ending.
void ServiceHosts::start(const ServiceOrder& order) {
  if (may_be_kept(order.instance)) {
    ManualCall call = kept_of(order.instance).call(wire::k_use);
    if (call.is_connected()) return starts_.push_back({order, std::move(call)});
  }
  start_own(order);
}

bool ServiceHosts::goes_on(WaitingStart& start) {
  if (start.host) return start.host->look();
  return (!has_network() || network_->is_settled()) && ports_[start.order.instance].may_ask();
}

// A host that is ending makes room for the next generation by itself. The rest of a host that does
// not answer is ended here.
void ServiceHosts::start_answered(const ServiceOrder& order, ManualAnswer answer) {
  const bool is_there = answer.connection.valid();
  if (is_there && answer.state.user != ::getpid()) {
    in_use_elsewhere_.insert(order.instance.service);
  } else if (is_there && answer.state.phase != "stopping") {
    return take_kept(order, std::move(answer));
  }
  const ManualService kept = kept_of(order.instance);
  if (!is_there && kept.is_noted()) {
    owner_.lines.say(
        fmt::format("service {}: the host that people keep does not answer; the next "
                    "generation takes its place",
                    spec_of(order.instance).name));
    end_rest_of(kept, spec_of(order.instance));
  }
  start_own(order);
}

void ServiceHosts::start_own(ServiceOrder order) {
  if (has_network() && !network().is_settled()) return starts_.push_back({std::move(order)});
  if (is_kept(order.instance)) {
    // Other runs may have kept later generations since this one began.
    order.generation = std::max(order.generation, kept_of(order.instance).last_generation() + 1);
    services_->starts_as(order.instance, order.generation);
  }
  const Result<bool> ports = take_ports(order.instance);
  if (!ports) return fail_to_start(order, to_text(ports.error()));
  if (!*ports) return starts_.push_back({std::move(order)});
  Result<ServiceHost> host = start_generation(order);
  if (!host) return fail_to_start(order, to_text(host.error()));
  hosts_.push_back(std::move(*host));
  record("started", order.instance, order.generation);
}

void ServiceHosts::fail_to_start(const ServiceOrder& order, const std::string& why) {
  record("died", order.instance, order.generation, why);
  services_->happened(order.instance, ServiceNews::died, why);
}

// Each host holds the locks of the ports too, as long as anything of its generation is there.
Result<bool> ServiceHosts::take_ports(const InstanceId& id) {
  LockParty holder;
  holder.process = owner_.ctest;
  holder.boot = os::numbering_id();
  holder.test = "service " + name_of_instance(spec_of(id).name, id.number);
  holder.tree = owner_.tree;
  // In a network of its own nobody else can have the named port.
  const std::uint16_t own =
      network_->descriptor() >= 0 ? std::uint16_t{0} : fixed_port(spec_of(id));
  return ports_[id].take(spec_of(id), own, collected(services_->specs(), fixed_port), holder);
}

Result<ServiceHost> ServiceHosts::start_generation(const ServiceOrder& order) {
  if (journal_.empty()) {
    return Error{"start it: the run has no directory for its output"};
  }
  const bool keeps = is_kept(order.instance) && !in_use_elsewhere_.contains(order.instance.service);
  wire::HostOrder host;
  host.ctest = owner_.ctest;
  host.instance = order.instance.number;
  host.generation = order.generation;
  const ServiceSpec& spec = spec_of(order.instance);
  host.spec.name = spec.name;
  HOLDFAST_DO(place(host, keeps));
  HOLDFAST_DO(contain(host));
  host.cgroup = cgroup_name(owner_.tree, host.attempt);
  const InstancePorts& ports = ports_[order.instance];
  host.ports = ports.chosen();
  host.kept = ports.descriptors();
  host.spec = filled(spec, {spec.name, host.instance, host.ports, host.scratch});
  HOLDFAST_DO(lend_to_user(host));
  if (!keeps) return start_host_among(order.instance, std::move(host));
  // A kept service outlives the run, so it has no place in the order in which the run ends
  // services.
  HOLDFAST_TRY(ServiceHost started, start_host(order.instance, std::move(host)));
  started.is_kept = true;
  return started;
}

// A service has no /tmp of its own: the tests that use it would not find a socket there.
Result<void> ServiceHosts::contain(wire::HostOrder& host) {
  host.containment = owner_.containment.without({Boundary::netns, Boundary::tmp});
  host.must_be_contained = owner_.missing == ContainmentMissing::fail;
  host.network = network_->descriptor();
  if (network_->state() != os::SharedNetwork::State::failed) return {};
  const std::string trouble = "containment = \"netns\": " + network_->trouble();
  if (host.must_be_contained) {
    return ErrorInWords{"not allowed here: " + trouble};
  }
  owner_.lines.say_once("ignoring " + trouble);
  return {};
}

// Says where the output goes, and names the generation.
Result<void> ServiceHosts::place(wire::HostOrder& host, bool is_kept) const {
  const std::string name =
      fmt::format("{}-{}", name_of_instance(host.spec.name, host.instance), host.generation);
  std::string directory =
      journal_.substr(0, journal_.rfind('/') + 1) + std::string(names::k_services_directory);
  host.attempt = fmt::format("{}.{}", run_, name);
  if (is_kept) {
    const ManualService kept(owner_.tree, host.spec.name);
    HOLDFAST_DO(kept.note(host.generation));
    directory = kept.directory();
    host.attempt = kept.attempt_of(host.generation);
    host.kept_at = kept.socket();
    host.tree = owner_.tree;
  }
  host.log = fmt::format("{}/{}{}", directory, name, names::k_output_suffix);
  host.scratch = fmt::format("{}/{}", directory, name);
  for (const std::string& path : {directory, host.scratch}) {
    HOLDFAST_DO(os::make_own_directories(path, 0700));
  }
  return {};
}

bool ServiceHosts::is_kept(const InstanceId& id) const {
  return may_be_kept(id) && (owner_.keeps_all == KeepsAll::yes || kept_of(id).is_noted());
}

// Uses the generation that people keep, in place of a start.
void ServiceHosts::take_kept(ServiceOrder order, ManualAnswer answer) {
  order.generation = answer.state.order.generation;
  services_->goes_on_as(order.instance, order.generation);
  // It may have waited for the port that the kept generation has.
  ports_[order.instance].give_up();
  ServiceHost host;
  host.id = order.instance;
  host.is_kept = true;
  host.pid = answer.state.host.pid;
  host.start = answer.state.host.start;
  host.last.main = answer.state.main;
  host.order = std::move(answer.state.order);
  host.order.spec = spec_of(order.instance);
  host.socket = std::move(answer.connection);
  host.was_there = answer.state.phase == "ready";
  if (host.was_there) {
    host.send(answer.state.needs_reset ? wire::k_reset : wire::k_check);
  } else {
    host.expect_answer(ServiceHost::k_start);
  }
  hosts_.push_back(std::move(host));
  record("started", order.instance, order.generation);
}

// A service ends after those that depend on it, even if we are killed: they hold one end of a pipe.
Result<ServiceHost> ServiceHosts::start_host_among(const InstanceId& id, wire::HostOrder order) {
  const ServiceSpec& spec = spec_of(id);
  for (const std::string& name : spec.depends) {
    const ServiceHost* const below = of({services_->place_of(name).value_or(0), 0});
    if (below != nullptr) order.kept.push_back(below->for_dependents.get());
  }
  const bool has_dependents = std::ranges::any_of(services_->specs(), [&](const ServiceSpec& one) {
    return std::ranges::find(one.depends, spec.name) != one.depends.end();
  });
  if (!has_dependents) return start_host(id, std::move(order));
  HOLDFAST_TRY(os::Pipe pipe, os::make_pipe());
  order.dependents = pipe.read.get();
  HOLDFAST_TRY(ServiceHost host, start_host(id, std::move(order)));
  host.for_dependents = std::move(pipe.write);
  return host;
}

// What hosts say, and how they end.

void ServiceHosts::hear(ServiceHost& host) {
  while (os::is_readable(host.socket.get())) hear_message(host);
  if (!os::is_readable(host.helper.get())) return;
  host.helper.reset();
  services_->happened(host.id, ServiceNews::ended);
}

void ServiceHosts::hear_message(ServiceHost& host) {
  os::ReceivedMessage received = os::receive_message(host.socket.get());
  if (received.is_over) return lose(host);
  const Result<wire::Message>& message = received.message;
  if (!message) return;
  if (message->kind == wire::Line::k_kind) {
    return owner_.lines.say_for({host.order.spec.name, {}}, *message);
  }
  if (message->kind == wire::k_contain) {
    host.contained = std::move(received.descriptor);
    host.cgroup = message->get("cgroup");
    return;
  }
  if (message->kind == wire::Farewell::k_kind) host.said_farewell = true;
  Result<wire::HostNews> news = wire::to_host_news(*message);
  if (news) hear_of_service(host, std::move(*news));
}

void ServiceHosts::hear_of_service(ServiceHost& host, wire::HostNews news) {
  // A service that was there before the run begins with its first check: if that is bad, the
  // service is started anew. One that cannot start is not.
  const bool was_there = std::exchange(host.was_there, false);
  ServiceNews told = news.kind;
  if (was_there && news.kind == ServiceNews::healthy) told = ServiceNews::ready;
  if (was_there && news.kind == ServiceNews::died) told = ServiceNews::unhealthy;
  const bool was_starting = services_->life(host.id).state == ServiceState::starting;
  if (news.kind == ServiceNews::ready) record("ready", host.id, host.order.generation);
  if (news.kind == ServiceNews::died) {
    host.has_died = true;
    if (was_starting && !was_there) record("died", host.id, host.order.generation, news.why);
  }
  host.hear(std::move(news), os::monotonic_now());
  services_->happened(host.id, told, host.last.why);
}

// The connection of host and guard has ended: both are gone.
void ServiceHosts::lose(ServiceHost& host) {
  host.socket.reset();
  host.has_died = true;
  (void)os::remove_own_directory(host.order.scratch);  // what is in it stays
  to_reap_.push_back(std::exchange(host.pid, -1));
  host.due = k_longest;
  Connection left;
  left.stop_record = os::stop_record_path(host.order.log);
  // Host and guard may hold the record for a moment more: a helper waits for that.
  if (host.said_farewell && !os::exists_own(left.stop_record)) {
    // The reason matters only if the service was not told to end: then this is the first news of
    // it.
    return services_->happened(host.id, ServiceNews::ended, "its host was killed");
  }
  // The guard of a kept host does not have our connection, so its end says nothing of the guard.
  const bool is_guard_gone = !host.said_farewell && !host.is_kept;
  const bool was_there = std::exchange(host.was_there, false);
  // If the host was told to stop, we have killed it because it took too long. That is no loss.
  if (!host.is_told_to_stop) {
    services_->happened(
        host.id, was_there ? ServiceNews::unhealthy : ServiceNews::died,
        is_guard_gone ? "its host and its guard were killed" : "its host was killed");
  }
  left.attempt = host.order.attempt;
  left.test = host.order.spec.name;
  left.grace = host.order.spec.grace;
  left.contained = std::move(host.contained);
  left.cgroup = host.cgroup;
  const pid_t helper = owner_.orphans.look_after(std::move(left), {}, KilledBy::stranger,
                                                 owner_.ctest, owner_.lines);
  host.helper = os::watch_living(helper);
  if (!host.helper.valid()) services_->happened(host.id, ServiceNews::ended);
}

void ServiceHosts::stop(const InstanceId& id) {
  if (ServiceHost* const host = of(id)) {
    if (host->is_kept && is_ending_) return let_go(*host);
    host->send(wire::k_stop);
  }
  if (std::erase_if(starts_, [&](const auto& one) { return one.order.instance == id; }) == 0) {
    return;
  }
  ports_[id].give_up();
  services_->happened(id, ServiceNews::ended);
}

void ServiceHosts::send(const InstanceId& id, std::string_view kind) {
  if (ServiceHost* const host = of(id)) host->send(kind);
}

// The run is over, and people keep the service.
void ServiceHosts::let_go(ServiceHost& host) {
  host.socket.reset();
  host.due = k_longest;
  to_reap_.push_back(std::exchange(host.pid, -1));
  services_->happened(host.id, ServiceNews::ended);
}

void ServiceHosts::record(std::string_view event, const InstanceId& id, unsigned generation,
                          const std::string& why, std::vector<std::string> users) {
  ServiceRecord record;
  record.event = event;
  record.service = spec_of(id).name;
  record.instance = id.number;
  record.generation = generation;
  if (const ServiceHost* const host = of(id)) {
    record.log = host->order.log;
    if (event == "started") {
      record.attempt = host->order.attempt;
      record.host = {host->pid, host->start};
    }
  }
  record.why = why;
  record.users = std::move(users);
  write(std::move(record));
}

void ServiceHosts::write(ServiceRecord record) const {
  os::log(LogLevel::info, {"service ", record.service, "#", std::to_string(record.generation), ": ",
                           record.event, record.why.empty() ? "" : ": ", record.why});
  record.at = os::unix_now();
  (void)os::append_line(journal_, line_of(record));
}

void ServiceHosts::join(os::Wait& wait) const {
  for (const ServiceHost& host : hosts_) {
    wait.on(host.socket.get());
    wait.on(host.helper.get());
    wait.until(host.due);
  }
  for (const WaitingStart& one : starts_) {
    const auto ports = ports_.find(one.order.instance);
    if (one.host) {
      one.host->join(wait);
    } else if (ports != ports_.end()) {
      ports->second.join(wait);
    }
  }
  wait.on(network_->news());
}

void ServiceHosts::look() {
  for (ServiceHost& host : hosts_) hear(host);
  kill_late();
  network_->look();
  for (WaitingStart& one : std::exchange(starts_, {})) {
    if (!goes_on(one)) {
      starts_.push_back(std::move(one));
    } else if (one.host) {
      start_answered(one.order, one.host->take_answer());
    } else {
      start(one.order);
    }
  }
}

void ServiceHosts::tidy() {
  const auto gone = std::stable_partition(hosts_.begin(), hosts_.end(),
                                          [](const ServiceHost& one) { return !one.is_gone(); });
  for (auto one = gone; one != hosts_.end(); ++one) {
    one->contained.reset();
    one->for_dependents.reset();
  }
  std::move(gone, hosts_.end(), std::back_inserter(gone_));
  hosts_.erase(gone, hosts_.end());
  // A service that is not started again keeps nobody else from its ports.
  std::erase_if(ports_, [this](const auto& one) {
    return services_->life(one.first).state == ServiceState::failed && of(one.first) == nullptr;
  });
  reap();
}

void ServiceHosts::reap() {
  std::erase_if(to_reap_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

// A host that is stopped does not answer, and its guard ends nothing as long as the host is there.
void ServiceHosts::kill_late() {
  for (ServiceHost& host : hosts_) {
    if (os::monotonic_now() < host.due) continue;
    host.due = k_longest;
    kill_host(host);
  }
}

void ServiceHosts::kill_all() { std::ranges::for_each(hosts_, kill_host); }

bool ServiceHosts::is_kept_one_checked() const {
  return std::ranges::any_of(hosts_, [this](const ServiceHost& host) {
    return host.is_kept && host.due != k_longest &&
           services_->life(host.id).state == ServiceState::ready;
  });
}

Milliseconds ServiceHosts::longest_end_of_all() const {
  Milliseconds longest{0};
  for (const ServiceHost& host : hosts_) longest += longest_end(host.order.spec);
  return longest;
}

void ServiceHosts::clear() {
  for (const ServiceHost& host : hosts_) {
    if (host.pid > 0) to_reap_.push_back(host.pid);
  }
  hosts_.clear();
  reap();
  network_.emplace();
  starts_.clear();
  ports_.clear();
  gone_.clear();
  in_use_elsewhere_.clear();
  is_ending_ = false;
  services_ = nullptr;
}

}  // namespace holdfast
