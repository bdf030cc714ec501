#include "services/run_services.hpp"

#include <fmt/core.h>
#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// A good check of a service that nobody uses counts this long for its next user. ctest starts the
// next test within some milliseconds.
constexpr Milliseconds k_check_validity{100};
// All states together leave room for the other fields of the message (wire::k_longest_message).
constexpr std::size_t k_most_state = 32 * 1024;
// People read one line for each.
constexpr std::size_t k_most_older_fixtures = 5;
// The end of all services may take so much longer than all graces.
constexpr Milliseconds k_services_end_patience{2000};
constexpr Milliseconds k_check_patience{1000};

// In the order of words_of(ServiceState).
constexpr auto k_states_in_words = std::to_array<std::string_view>(
    {"is starting", "is starting", "is being checked", "is unwell, and others still use it",
     "is being ended", "has failed"});
static_assert(k_states_in_words.size() == words_of(ServiceState{}).size());

std::string_view state_in_words(ServiceState state) {
  return k_states_in_words[static_cast<std::size_t>(state)];
}

// Returns a text such as `, used by "a" alone`.
std::string used_by(const std::vector<std::string>& tests) {
  if (tests.empty()) return ", and no test was using it";
  return ", used by " + enumeration(collected(tests, brief_in_quotes), " and ") +
         (tests.size() == 1 ? " alone" : "");
}

}  // namespace

RunServices::RunServices(Result<std::vector<ServiceSpec>> declared, ServicesOwner owner)
    : declared_(std::move(declared)), lines_(owner.lines), hosts_(std::move(owner)) {}

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
  if (!declared_ || declared_->empty()) return;
  services_.emplace(*declared_);
  hosts_.begin(*services_, run_, run.journal());
  carry_out();
}

void RunServices::doubt_old_answers() {
  for (const ServiceHost& host : hosts_.all()) {
    const Milliseconds last = std::max(host.ready, host.answered);
    if (os::monotonic_now() > last + k_check_validity) services_->doubt(host.id);
  }
}

std::optional<wire::Message> RunServices::answer(const wire::Message& message, Connection& asker) {
  wire::Message reply;
  if (message.kind == wire::ServicesAnswer::k_kind) {
    if (!services_ || asker.services.empty()) {
      return wire::Message(wire::ServicesAnswer::k_kind,
                           {{"why", "services are asked for by who needs none"}});
    }
    if (services_->has_asked(asker.use)) {
      // Another process of the test is to use the services. The reply comes as for ask().
      doubt_old_answers();
      services_->ask_again(asker.use);
      carry_out();
    } else {
      asker.use = ask({asker.attempt, asker.test, asker.schedule, asker.launcher, asker.services});
    }
  } else if (message.kind == wire::RedServices::k_kind) {
    leave_red(asker.use);
  } else if (message.kind == wire::k_waiting) {
    reply = wire::Message(wire::k_waiting, {{"why", waits_for(asker.use)}});
  } else {
    return std::nullopt;
  }
  return reply;
}

UseId RunServices::ask(ServiceUser user) {
  doubt_old_answers();
  const UseId use = ++uses_;
  services_->ask(use, user.uses);
  users_[use] = std::move(user);
  carry_out();
  return use;
}

void RunServices::leave(UseId use, Farewell farewell) {
  const auto user = users_.find(use);
  if (user == users_.end()) return;  // its run is over
  if (!red_.contains(use)) user->second.parts.clear();
  doubt_old_answers();
  services_->leave(use, farewell);
  carry_out();
}

void RunServices::leave_red(UseId use) {
  if (!users_.contains(use)) return;
  red_[use] = services_->services_of(use);
  leave(use, Farewell::red);
}

wire::AttemptWait RunServices::wait_of(UseId use) const {
  if (!services_ || !services_->is_waiting(use)) return {};
  return {wire::WaitFor::services, names_of(users_.at(use).uses), waits_for(use)};
}

std::string RunServices::waits_for(UseId use) const {
  if (!users_.contains(use)) return {};
  const auto wait_for = [this](const GrantedService& held) {
    const std::string obstacle = hosts_.obstacle(held.instance);
    return !obstacle.empty() ? obstacle
                             : fmt::format("{} {}", services_->specs()[held.instance.service].name,
                                           state_in_words(services_->life(held.instance).state));
  };
  const std::string text = separated(services_->services_of(use), ", ", wait_for);
  return text.empty() ? turn_of(use) : text;
}

std::vector<LockParty> RunServices::parties_of(const std::vector<UseId>& uses) const {
  return collected(uses, [this](UseId use) {
    const ServiceUser& user = users_.at(use);
    LockParty party{user.launcher, {}, user.test, {}, user.since_unix_ms};
    party.stopped = os::is_stopped(user.launcher);
    return party;
  });
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

std::vector<wire::LiveService> RunServices::states() const {
  return collected(hosts_.all(), [this](const ServiceHost& host) {
    return wire::LiveService{name_of_instance(host.order.spec.name, host.id.number),
                             std::string(name_of(services_->life(host.id).state)),
                             host.order.generation, host.last.main};
  });
}

void RunServices::look() {
  if (services_) doubt_old_answers();
  hosts_.look();
  if (services_) carry_out();
  hosts_.tidy();
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
  switch (order.action) {
    case ServiceAction::start:
      return hosts_.start(order);
    case ServiceAction::check:
      return hosts_.send(order.instance, wire::k_check);
    case ServiceAction::reset:
      return hosts_.send(order.instance, wire::k_reset);
    case ServiceAction::stop:
      return hosts_.stop(order.instance);
    case ServiceAction::note_death:
      return note_death(order);
    case ServiceAction::grant:
      return grant(order.use);
    case ServiceAction::refuse:
      return refuse(order);
  }
}

void RunServices::grant(UseId use) {
  wire::ServicesAnswer answer;
  ServiceUser& user = users_.at(use);
  for (const GrantedService& granted : services_->services_of(use)) {
    ServiceHost* const host = hosts_.of(granted.instance);
    if (host == nullptr) continue;
    // The run may be over before the service is reset.
    if (host->is_kept && granted.mode != ServiceMode::shared) host->send(wire::k_had_alone);
    note_beginning(*host, user.parts);
    answer.uses.push_back({host->order.spec.name, granted.generation});
    std::ranges::move(variables_of(*host), std::back_inserter(answer.variables));
  }
  if (user.since_unix_ms == 0) user.since_unix_ms = os::unix_now_ms();
  if (!user.schedule.setup.empty()) {
    fixtures_.set_up(user.schedule, user.test, in_names(services_->services_of(use)));
  }
  replies_.push_back({use, to_message(answer)});
}

void RunServices::refuse(const ServiceOrder& order) {
  const ServiceSpec& spec = services_->specs()[order.instance.service];
  const ServiceHost* const host = hosts_.of(order.instance, order.generation);
  const wire::ServicesAnswer answer{
      .why = fmt::format("service {} is not available: {}", spec.name, order.why),
      .last_lines = host != nullptr ? host->last.last_lines : std::string()};
  replies_.push_back({order.use, to_message(answer)});
}

void RunServices::note_death(const ServiceOrder& order) {
  const ServiceSpec& spec = services_->specs()[order.instance.service];
  if (ServiceHost* const host = hosts_.of(order.instance, order.generation)) host->lost = order.why;
  std::vector<std::string> tests;
  for (const UseId use : order.users) {
    ServiceUser& user = users_.at(use);
    user.lost.push_back(spec.name);
    tests.push_back(user.test);
  }
  hosts_.record("died", order.instance, order.generation, order.why, tests);
  lines_.say(fmt::format("service {} was lost ({}){}; generation {} follows when a test needs it",
                         spec.name, order.why, used_by(tests), order.generation + 1));
}

void RunServices::answer_red_uses() {
  std::erase_if(red_, [this](const auto& red) {
    const bool is_in_doubt = std::ranges::any_of(red.second, [&](const GrantedService& had) {
      return services_->is_in_doubt(had.instance, red.first) &&
             services_->life(had.instance).generation == had.generation;
    });
    if (!is_in_doubt) answer_red_use(red.first, red.second);
    return !is_in_doubt;
  });
}

void RunServices::answer_red_use(UseId use, const std::vector<GrantedService>& had) {
  const ServiceUser& user = users_.at(use);
  wire::RedServices red{.lost = user.lost};
  std::size_t room = k_most_state;
  for (const GrantedService& one : had) {
    std::string state = state_of(one);
    if (state.size() > room) break;
    room -= state.size();
    red.states.push_back(std::move(state));
  }
  if (!user.schedule.required.empty()) {
    red.fixtures = fixtures_.older(user.schedule, in_names(had));
    red.fixtures.resize(std::min(red.fixtures.size(), k_most_older_fixtures));
  }
  replies_.push_back({use, to_message(red)});
  for (ServiceRecord& record : ended_parts(user.parts, hosts_.all())) {
    record.user = user.attempt;
    record.users = {user.test};
    hosts_.write(std::move(record));
  }
}

std::vector<AcquiredService> RunServices::in_names(const std::vector<GrantedService>& had) const {
  return collected(had, [this](const GrantedService& one) {
    const std::string& service = services_->specs()[one.instance.service].name;
    return AcquiredService{name_of_instance(service, one.instance.number), one.generation};
  });
}

std::string RunServices::state_of(const GrantedService& had) {
  const ServiceLife& life = services_->life(had.instance);
  std::string state = "was ended";
  if (life.generation == had.generation) {
    state = life.state == ServiceState::ready ? "is ready" : state_in_words(life.state);
  }
  const ServiceHost* const host = hosts_.of(had.instance, had.generation);
  return host != nullptr ? describe(*host, state, os::monotonic_now()) : state;
}

void RunServices::end() {
  if (!services_) return;
  const Milliseconds patience = k_services_end_patience + hosts_.longest_end_of_all();
  // The check after its last user tells whether a kept service is lost. Nobody hears it later.
  (void)wait_until([this] { return !hosts_.is_kept_one_checked(); }, k_check_patience);
  hosts_.begin_end();
  services_->end();
  carry_out();
  const auto are_at_rest = [this] { return services_->are_at_rest(); };
  if (!wait_until(are_at_rest, patience)) {
    // A host that is stopped keeps its guard from ending the service.
    hosts_.kill_all();
    (void)wait_until(are_at_rest, patience);
  }
  hosts_.clear();
  services_.reset();
  users_.clear();
  red_.clear();
  fixtures_.forget();
  run_.clear();
}

// False: the time is over.
bool RunServices::wait_until(const std::function<bool()>& is_so, Milliseconds patience) {
  const Milliseconds until = os::monotonic_now() + patience;
  while (!is_so()) {
    if (os::monotonic_now() >= until) return false;
    os::Wait wait({}, until);
    join(wait);
    wait.go();
    look();
  }
  return true;
}

}  // namespace holdfast
