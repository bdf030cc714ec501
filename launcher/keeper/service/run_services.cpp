#include "keeper/service/run_services.hpp"

#include <fmt/core.h>

#include "core/base/printable.hpp"
#include "keeper/base/keeper_socket.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "os/process/stop_record.hpp"
#include "store/json_record.hpp"

namespace holdfast {
namespace {

// A good check of a service that nobody uses counts this long for its next user. ctest starts the
// next test within some milliseconds.
constexpr Milliseconds k_check_validity{100};
// All states together leave room for the other fields of the message (wire::k_longest_message).
constexpr std::size_t k_most_state = 32 * 1024;
// People read one line for each.
constexpr std::size_t k_most_older_fixtures = 5;

std::string state_in_words(ServiceState state) {
  switch (state) {
    case ServiceState::absent:
    case ServiceState::starting:
      return "is starting";
    case ServiceState::ready:
      return "is being checked";
    case ServiceState::draining:
      return "is unwell, and others still use it";
    case ServiceState::stopping:
      return "is being ended";
    case ServiceState::failed:
      return "has failed";
  }
  return {};
}

}  // namespace

RunServices::RunServices(Result<std::vector<ServiceSpec>> declared, std::string tree,
                         const ProcessName& ctest, RunLines& lines, OrphanHelpers& orphans,
                         KeepsAll keeps_all)
    : declared_(std::move(declared)),
      tree_(std::move(tree)),
      ctest_(ctest),
      lines_(lines),
      orphans_(orphans),
      keeps_all_(keeps_all) {}

bool RunServices::lock_ports() const {
  return declared_ && std::ranges::any_of(*declared_, [](const ServiceSpec& service) {
           return service.ports > 0 || fixed_port(service) != 0;
         });
}

std::string RunServices::refusal(const std::vector<ServiceUse>& uses) const {
  if (uses.empty()) return {};
  if (!declared_) return to_text(declared_.error());
  const Result<void> checked = check_uses(uses, *declared_);
  return checked ? std::string() : to_text("HOLDFAST_SERVICES", checked.error());
}

void RunServices::begin(const Run& run) {
  if (run.id() == run_) return;
  end();
  run_ = run.id();
  journal_ = run.journal();
  if (!declared_ || declared_->empty()) return;
  services_.emplace(*declared_, earlier_generations());
  carry_out();
}

// Host and guard may both have been killed. A process of its own ends what they left.
void RunServices::end_rest_of(const KeptService& kept, const ServiceSpec& service) {
  Connection left;
  left.attempt = kept.attempt_of(kept.last_generation());
  left.stop_record = os::stop_record_path(kept.log_of(kept.last_generation()));
  left.test = service.name;
  left.grace = service.grace;
  orphans_.look_after(std::move(left), {}, KilledBy::stranger, ctest_, lines_);
}

// Returns the generations of the services that people keep. Their hosts are asked only when the run
// needs them.
std::vector<EarlierGeneration> RunServices::earlier_generations() {
  std::vector<EarlierGeneration> earlier;
  for (std::size_t i = 0; i < declared_->size(); ++i) {
    const KeptService kept(tree_, (*declared_)[i].name);
    const bool has_host = kept.has_host();
    if (kept.is_noted() && !has_host) end_rest_of(kept, (*declared_)[i]);
    // Where the number is lost with .holdfast, it is at least the first generation.
    const unsigned least = has_host ? 1 : 0;
    if (keeps_all_ == KeepsAll::no && !kept.is_noted() && !has_host) continue;
    earlier.push_back({{i, 0}, std::max(kept.last_generation(), least)});
  }
  return earlier;
}

void RunServices::doubt_old_answers() {
  for (const ServiceHost& host : hosts_) {
    const ServiceAccount& account = accounts_.of(host.id, host.order.generation);
    const Milliseconds last = std::max(account.ready, account.answered);
    if (os::monotonic_now() > last + k_check_validity) services_->doubt(host.id);
  }
}

UseId RunServices::ask(ServiceUser user, const std::vector<ServiceUse>& uses) {
  doubt_old_answers();
  const UseId use = ++uses_;
  user.uses = uses;
  users_[use] = std::move(user);
  services_->ask(use, uses);
  carry_out();
  return use;
}

void RunServices::ask_again(UseId use) {
  if (!services_) return;
  doubt_old_answers();
  services_->ask_again(use);
  carry_out();
}

void RunServices::leave(UseId use, Farewell farewell) {
  if (!services_) return;
  if (!red_.contains(use)) logs_.forget(use);
  doubt_old_answers();
  services_->leave(use, farewell);
  carry_out();
}

void RunServices::leave_red(UseId use) {
  if (!services_) return;
  red_[use] = services_->services_of(use);
  leave(use, Farewell::red);
}

std::string RunServices::wait_of(UseId use, const std::vector<ServiceUse>& services) const {
  if (use == 0 || !services_ || !services_->is_waiting(use)) return {};
  return to_text(wire::AttemptWait{wire::WaitFor::services, names_of(services), waits_for(use)});
}

std::string RunServices::waits_for(UseId use) const {
  if (!services_) return {};
  std::string text;
  for (const GrantedService& held : services_->services_of(use)) {
    if (!text.empty()) text += ", ";
    const std::string obstacle = ports_.obstacle(held.instance);
    text += !obstacle.empty() ? obstacle
                              : fmt::format("{} {}", services_->specs()[held.instance.service].name,
                                            state_in_words(services_->life(held.instance).state));
  }
  return text.empty() ? turn_of(use) : text;
}

LockParty RunServices::party_of(UseId use) const {
  const ServiceUser& user = users_.at(use);
  LockParty party;
  party.process = user.launcher;
  party.test = user.test;
  party.since_unix_ms = user.since_unix_ms;
  party.stopped = os::is_stopped(user.launcher);
  return party;
}

std::vector<LockParty> RunServices::parties_of(const std::vector<UseId>& uses) const {
  std::vector<LockParty> parties;
  for (const UseId use : uses) parties.push_back(party_of(use));
  return parties;
}

bool RunServices::stands_in_the_way(UseId other, const ServiceUse& wish) const {
  if (wish.mode != ServiceMode::shared) return true;
  return std::ranges::any_of(users_.at(other).uses, [&](const ServiceUse& use) {
    return use.name == wish.name && use.mode != ServiceMode::shared;
  });
}

// Says which earlier uses a use waits for, as a wait for a lock is told.
std::string RunServices::turn_of(UseId use) const {
  for (const ServiceUse& wish : users_.at(use).uses) {
    const std::optional<std::size_t> service = services_->place_of(wish.name);
    std::vector<UseId> users;
    std::vector<UseId> before;
    for (unsigned n = 0; service && n < services_->specs()[*service].instances; ++n) {
      for (const UseId other : services_->users_of({*service, n})) {
        if (other != use && stands_in_the_way(other, wish)) users.push_back(other);
      }
    }
    for (const auto& [other, user] : users_) {
      const bool wants_it =
          std::ranges::find(user.uses, wish.name, &ServiceUse::name) != user.uses.end();
      if (other < use && wants_it && services_->is_waiting(other) &&
          stands_in_the_way(other, wish)) {
        before.push_back(other);
      }
    }
    if (users.empty() && before.empty()) continue;
    return describe_obstacles(wish.name, {parties_of(users), parties_of(before), before.size(), {}},
                              os::unix_now_ms());
  }
  return "they are being handed on";
}

std::vector<std::string> RunServices::states() const {
  std::vector<std::string> states;
  for (const ServiceHost& host : hosts_) {
    if (host.is_gone()) continue;
    states.push_back(
        fmt::format("{} {} {} {}", name_of_instance(host.order.spec.name, host.id.number),
                    name_of(services_->life(host.id).state), host.order.generation, host.main));
  }
  return states;
}

void RunServices::add_descriptors(std::vector<pollfd>& fds) const {
  for (const ServiceHost& host : hosts_) {
    fds.push_back({host.socket.get(), POLLIN, 0});  // poll(2) leaves out -1
    fds.push_back({host.helper.get(), POLLIN, 0});
  }
  kept_starts_.add_descriptors(fds);
  ports_.add_descriptors(fds);
  fds.push_back({network_.news(), POLLIN, 0});
}

Milliseconds RunServices::due() const {
  Milliseconds due = std::min(ports_.due(), kept_starts_.due());
  for (const ServiceHost& host : hosts_) due = std::min(due, host.due);
  return due;
}

void RunServices::look() {
  if (services_) doubt_old_answers();
  for (std::size_t i = 0; i < hosts_.size(); ++i) hear(hosts_[i]);
  kill_late_hosts();
  network_.look();
  if (services_) {
    start_what_awaits_network();
    for (KeptStarts::Answered& one : kept_starts_.take_answered()) start_answered(std::move(one));
    for (const ServiceOrder& order : ports_.take_due()) start(order);
    carry_out();
  }
  std::erase_if(hosts_, [](const ServiceHost& host) { return host.is_gone(); });
  // A service that is not started again keeps nobody else from its ports.
  ports_.forget_if([this](const InstanceId& id) {
    return services_->life(id).state == ServiceState::failed && host_of(id) == nullptr;
  });
  reap();
}

ServiceHost* RunServices::host_of(const InstanceId& id) {
  return const_cast<ServiceHost*>(std::as_const(*this).host_of(id));
}

const ServiceHost* RunServices::host_of(const InstanceId& id) const {
  const auto found = std::ranges::find_if(
      hosts_, [&](const ServiceHost& host) { return host.id == id && !host.is_gone(); });
  return found == hosts_.end() ? nullptr : &*found;
}

// An order may lead to further orders: a host that cannot be started is news.
void RunServices::carry_out() {
  for (std::vector<ServiceOrder> orders = services_->take_orders(); !orders.empty();
       orders = services_->take_orders()) {
    for (const ServiceOrder& order : orders) carry_out(order);
  }
  answer_red_uses();
}

void RunServices::carry_out(const ServiceOrder& order) {
  ServiceHost* const host = host_of(order.instance);
  switch (order.kind) {
    case ServiceOrder::Kind::start:
      return start(order);
    case ServiceOrder::Kind::check:
      if (host != nullptr) host->send(wire::k_check);
      return;
    case ServiceOrder::Kind::reset:
      if (host != nullptr) host->send(wire::k_reset);
      return;
    case ServiceOrder::Kind::stop:
      if (host != nullptr && host->is_kept && is_ending_) return let_go(*host);
      if (host != nullptr) host->send(wire::k_stop);
      if (std::erase_if(await_network_,
                        [&](const auto& start) { return start.instance == order.instance; }) > 0 ||
          kept_starts_.stop_waiting(order.instance) || ports_.stop_waiting(order.instance)) {
        services_->happened(order.instance, {InstanceNews::Kind::ended});
      }
      return;
    case ServiceOrder::Kind::take_stacks:
      if (host != nullptr) host->send(wire::k_stacks);
      return;
    case ServiceOrder::Kind::note_death:
      return note_death(order);
    case ServiceOrder::Kind::grant:
      return grant(order.use);
    case ServiceOrder::Kind::refuse:
      return refuse(order);
  }
}

// The run is over, and people keep the service.
void RunServices::let_go(ServiceHost& host) {
  host.socket.reset();
  host.due = k_longest;
  to_reap_.push_back(std::exchange(host.pid, -1));
  services_->happened(host.id, {InstanceNews::Kind::ended});
}

void RunServices::grant(UseId use) {
  wire::Message reply = message_of(wire::k_services);
  for (const GrantedService& granted : services_->services_of(use)) {
    ServiceHost* const host = host_of(granted.instance);
    if (host == nullptr) continue;
    // The run may be over before the service is reset.
    if (host->is_kept && granted.mode != ServiceMode::shared) host->send(wire::k_had_alone);
    logs_.begin(use, *host, granted.generation);
    reply.add("use", fmt::format("{}#{}", host->order.spec.name, granted.generation));
    for (const std::string& variable : variables_of(*host)) reply.add("variable", variable);
  }
  ServiceUser& user = users_.at(use);
  if (user.since_unix_ms == 0) user.since_unix_ms = os::unix_now_ms();
  if (!user.fixtures.sets_up.empty()) {
    fixtures_.set_up(user.fixtures, user.test, in_names(services_->services_of(use)));
  }
  replies_.push_back({use, std::move(reply)});
}

void RunServices::refuse(const ServiceOrder& order) {
  const ServiceSpec& spec = services_->specs()[order.instance.service];
  wire::Message reply = message_of(wire::k_services);
  reply.add("why", fmt::format("service {} is not available: {}", spec.name, order.why));
  const std::string& last_lines = accounts_.of(order.instance, order.generation).last_lines;
  if (!last_lines.empty()) reply.add("last_lines", last_lines);
  replies_.push_back({order.use, std::move(reply)});
}

void RunServices::note_death(const ServiceOrder& order) {
  const ServiceSpec& spec = services_->specs()[order.instance.service];
  for (const UseId use : order.users) lost_[use].push_back(spec.name);
  accounts_.of(order.instance, order.generation).lost = order.why;
  record("died", order, order.why, order.users);
  lines_.say(fmt::format("service {} was lost ({}){}; generation {} follows when a test needs it",
                         spec.name, order.why, in_words(order.users), order.generation + 1));
}

// Returns a text such as `, used by "a" alone`.
std::string RunServices::in_words(const std::vector<UseId>& users) const {
  if (users.empty()) return ", and no test was using it";
  std::vector<std::string> names;
  for (const UseId use : users) names.push_back("\"" + brief(users_.at(use).test) + "\"");
  return ", used by " + enumeration(names, " and ") + (names.size() == 1 ? " alone" : "");
}

void RunServices::answer_red_uses() {
  for (auto red = red_.begin(); red != red_.end();) {
    const bool is_in_doubt = std::ranges::any_of(red->second, [&](const GrantedService& had) {
      return services_->is_in_doubt(had.instance, red->first) &&
             services_->life(had.instance).generation == had.generation;
    });
    if (is_in_doubt) {
      ++red;
      continue;
    }
    answer_red_use(red->first, red->second);
    red = red_.erase(red);
  }
}

void RunServices::answer_red_use(UseId use, const std::vector<GrantedService>& had) {
  wire::Message reply = message_of(wire::k_red);
  for (const std::string& name : lost_[use]) reply.add("lost", name);
  std::size_t room = k_most_state;
  for (const GrantedService& one : had) {
    const std::string state = account_of(one);
    if (state.size() > room) break;
    room -= state.size();
    reply.add("state", state);
  }
  const ServiceUser& user = users_.at(use);
  if (!user.fixtures.required.empty()) {
    const std::vector<std::string> older = fixtures_.older(user.fixtures, in_names(had));
    for (std::size_t i = 0; i < std::min(older.size(), k_most_older_fixtures); ++i) {
      reply.add("fixture", older[i]);
    }
  }
  replies_.push_back({use, std::move(reply)});
  for (ServiceRecord& record : logs_.take(use, hosts_)) {
    record.user = user.attempt;
    record.users = {user.test};
    write(std::move(record));
  }
}

std::vector<HadGeneration> RunServices::in_names(const std::vector<GrantedService>& had) const {
  std::vector<HadGeneration> named;
  for (const GrantedService& one : had) {
    const std::string& service = services_->specs()[one.instance.service].name;
    named.push_back({name_of_instance(service, one.instance.number), one.generation});
  }
  return named;
}

std::string RunServices::account_of(const GrantedService& had) {
  const ServiceLife& life = services_->life(had.instance);
  std::string state = "was ended";
  if (life.generation == had.generation) {
    state = life.state == ServiceState::ready ? "is ready" : state_in_words(life.state);
  }
  return describe(accounts_.of(had.instance, had.generation), had.generation, state,
                  os::monotonic_now());
}

void RunServices::record(std::string_view event, const ServiceOrder& order, const std::string& why,
                         const std::vector<UseId>& users) {
  ServiceRecord record;
  record.event = event;
  record.service = services_->specs()[order.instance.service].name;
  record.instance = order.instance.number;
  record.generation = order.generation;
  if (const ServiceHost* const host = host_of(order.instance)) {
    record.log = host->order.log;
    if (event == "started") {
      record.attempt = host->order.attempt;
      record.host = {host->pid, host->start};
    }
  }
  record.why = why;
  for (const UseId use : users) record.users.push_back(users_.at(use).test);
  write(std::move(record));
}

void RunServices::write(ServiceRecord record) const {
  os::log(LogLevel::info, {"service ", record.service, "#", std::to_string(record.generation), ": ",
                           record.event, record.why.empty() ? "" : ": ", record.why});
  if (journal_.empty()) return;
  record.at = static_cast<double>(os::unix_now_ms()) / 1000;
  (void)os::append_line(journal_, line_of(record));
}

}  // namespace holdfast
