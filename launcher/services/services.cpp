#include "services/services.hpp"

#include "base/text.hpp"

namespace holdfast {
namespace {

// The use that asks for the eager services, before every other use.
constexpr UseId k_run_itself = ~UseId{0};

bool is_at_rest(ServiceState state) {
  return state == ServiceState::absent || state == ServiceState::failed;
}

}  // namespace

Services::Services(std::vector<ServiceSpec> specs) : specs_(std::move(specs)) {
  depends_.resize(specs_.size());
  instances_.resize(specs_.size());
  std::vector<ServiceUse> eager;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    for (const std::string& name : specs_[i].depends) depends_[i].push_back(*place_of(name));
    for (unsigned n = 0; n < specs_[i].instances; ++n) instances_[i].emplace_back().id = {i, n};
    if (specs_[i].eager) eager.push_back({specs_[i].name});
  }
  if (!eager.empty()) ask(k_run_itself, eager);
}

void Services::ask(UseId use, const std::vector<ServiceUse>& uses) {
  requests_.push_back({use, wishes_of(uses)});
  look();
}

void Services::ask_again(UseId use) {
  Request* const request = find(requests_, use);
  if (request == nullptr || !request->is_using) return;
  request->is_using = false;
  request->is_rechecked = false;
  for (Hold& hold : request->holds) {
    Instance& instance = *hold.instance;
    hold.is_well = false;
    if (hold.mode == ServiceMode::fresh) hold.worn_generation = instance.used_generation;
    if (!has_it_still(hold)) continue;
    instance.suspects.push_back(use);
    if (hold.mode != ServiceMode::shared) instance.needs_reset = true;
    // A check that runs already may have missed what this use broke.
    if (instance.is_being_checked) instance.needs_another_check = true;
  }
  stop_unused();
  look();
}

void Services::leave(UseId use, Farewell farewell) {
  Request* const request = find(requests_, use);
  if (request == nullptr) return;
  std::vector<Instance*> left;
  for (const Hold& hold : request->holds) {
    Instance& instance = *hold.instance;
    if (!request->is_using || !has_it_still(hold)) continue;
    instance.suspects.push_back(use);
    if (hold.mode != ServiceMode::shared) instance.needs_reset = true;
    if (farewell == Farewell::green) {
      step(instance, ServiceNews::served);
    } else if (instance.is_being_checked) {
      instance.needs_another_check = true;
    } else {
      check(instance);
    }
    left.push_back(&instance);
  }
  requests_.erase(requests_.begin() + (request - requests_.data()));
  stop_unused();
  look();
  for (Instance* const instance : left) {
    const bool is_idle =
        instance->life.state == ServiceState::ready && users_of(instance->id).empty();
    if (is_idle && !is_to_be_reset(*instance)) check(*instance);
  }
}

void Services::doubt(const InstanceId& id) {
  at(id).is_proven = false;
  at(id).is_recent = false;
}

void Services::happened(const InstanceId& id, ServiceNews news, const std::string& why) {
  Instance& instance = at(id);
  instance.is_being_checked = false;
  // If the death was told before, the reason stays that of the death.
  const ServiceState state = instance.life.state;
  const bool is_explained =
      news == ServiceNews::ended && state != ServiceState::ready && state != ServiceState::starting;
  if (!why.empty() && !is_explained) instance.why = why;
  if (news == ServiceNews::ready) instance.suspects.clear();
  if (news == ServiceNews::healthy) {
    acquit(instance);
    // The check may have missed what a use broke that ended during the check.
    if (std::exchange(instance.needs_another_check, false)) return check(instance);
  }
  const bool is_well = news == ServiceNews::ready || news == ServiceNews::healthy;
  if (is_well) instance.needs_reset = false;
  instance.is_proven = is_well && suspects_of(instance).empty();
  instance.is_recent = is_well;
  for (Request& request : requests_) {
    for (Hold& hold : request.holds) {
      if (hold.instance != &instance) continue;
      const bool is_late = news == ServiceNews::healthy && instance.checks < hold.first_check;
      hold.is_well = is_well && !is_late && instance.life.generation > hold.worn_generation;
    }
  }
  step(instance, news);
  look();
}

void Services::goes_on_as(const InstanceId& id, unsigned generation) {
  starts_as(id, generation);
  at(id).used_generation = generation;
  for (Request& request : requests_) {
    for (Hold& hold : request.holds) {
      const bool is_fresh = hold.mode == ServiceMode::fresh && hold.instance == &at(id);
      if (is_fresh) hold.worn_generation = generation;
    }
  }
}

void Services::end() {
  is_ending_ = true;
  look();
}

std::optional<std::size_t> Services::place_of(std::string_view name) const {
  const auto found = std::ranges::find(specs_, name, &ServiceSpec::name);
  if (found == specs_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - specs_.begin());
}

std::vector<GrantedService> Services::services_of(UseId use) const {
  const Request* const request = find(requests_, use);
  if (request == nullptr) return {};
  return collected(request->holds, [](const Hold& hold) {
    return GrantedService{hold.instance->id, hold.generation, hold.mode};
  });
}

bool Services::is_waiting(UseId use) const {
  const Request* const request = find(requests_, use);
  return request != nullptr && !request->is_using;
}

std::vector<UseId> Services::users_of(const InstanceId& id) const {
  std::vector<UseId> users;
  for (const Request& request : requests_) {
    for (const Hold& hold : request.holds) {
      const bool is_user = request.is_using && hold.instance->id == id &&
                           hold.generation == hold.instance->life.generation;
      if (is_user) users.push_back(request.use);
    }
  }
  return users;
}

bool Services::is_in_doubt(const InstanceId& id, UseId use) const {
  const std::vector<UseId>& suspects = at(id).suspects;
  return at(id).is_being_checked && std::ranges::find(suspects, use) != suspects.end();
}

bool Services::are_at_rest() const {
  return std::ranges::all_of(instances_, [](const std::vector<Instance>& of_one) {
    return std::ranges::all_of(of_one,
                               [](const Instance& one) { return is_at_rest(one.life.state); });
  });
}

// True: the granted generation still runs.
bool Services::has_it_still(const Hold& hold) {
  return hold.instance->life.state == ServiceState::ready &&
         hold.instance->life.generation == hold.generation;
}

// A service that a wished one depends on is wished in shared mode.
std::vector<Services::RequestedResource> Services::wishes_of(
    const std::vector<ServiceUse>& uses) const {
  std::vector<std::optional<ServiceMode>> modes(specs_.size());
  for (const ServiceUse& use : uses) modes[*place_of(use.name)] = use.mode;
  for (std::size_t i = specs_.size(); i-- > 0;) {
    if (!modes[i]) continue;
    for (std::size_t below : depends_[i]) modes[below] = modes[below].value_or(ServiceMode::shared);
  }
  std::vector<RequestedResource> wishes;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (modes[i]) wishes.push_back({i, *modes[i]});
  }
  return wishes;
}

void Services::look() {
  if (is_ending_) return stop_what_nothing_depends_on();
  std::vector<std::optional<ServiceMode>> claims(specs_.size());
  for (std::size_t i = 0; i < requests_.size();) {
    Request& request = requests_[i];
    if (request.holds.empty()) take_holds(request, claims);
    const bool may_go_on = !request.is_using && !request.holds.empty();
    const Progress progress = may_go_on ? make_well(request) : Progress::waits;
    if (progress == Progress::granted) grant(request);
    const bool is_over = progress == Progress::refused ||
                         (progress == Progress::granted && request.use == k_run_itself);
    if (!is_over) {
      ++i;
      continue;
    }
    // An earlier request may wait for an instance that this request had.
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(i));
    std::fill(claims.begin(), claims.end(), std::nullopt);
    i = 0;
  }
}

// Takes an instance of each service, or none at all. A waiting request claims its services: a later
// request does not get them, unless both requests share them.
void Services::take_holds(Request& request, std::vector<std::optional<ServiceMode>>& claims) {
  std::vector<Hold> holds;
  for (const RequestedResource& wish : request.wishes) {
    const std::optional<ServiceMode> claim = claims[wish.service];
    const bool is_claimed =
        claim && (*claim != ServiceMode::shared || wish.mode != ServiceMode::shared);
    Instance* const instance = is_claimed ? nullptr : choose(wish);
    if (instance == nullptr) break;
    const bool is_fresh = wish.mode == ServiceMode::fresh;
    holds.push_back({instance, wish.mode, is_fresh ? instance->used_generation : 0});
    const bool is_late =
        instance->is_being_checked && instance->suspects.size() > instance->suspects_before;
    holds.back().first_check = instance->checks + (is_late ? 1 : 0);
  }
  if (holds.size() == request.wishes.size()) {
    request.holds = std::move(holds);
    return;
  }
  for (const RequestedResource& wish : request.wishes) {
    std::optional<ServiceMode>& claim = claims[wish.service];
    claim = std::max(claim.value_or(ServiceMode::shared), wish.mode);
  }
}

// Prefers an instance that is ready, then one that can start. A failed instance comes last, because
// it makes the request fail.
Services::Instance* Services::choose(const RequestedResource& wish) {
  const auto rank = [](const Instance& instance) {
    if (instance.life.state == ServiceState::ready) return 0;
    return instance.life.state == ServiceState::failed ? 2 : 1;
  };
  Instance* best = nullptr;
  for (Instance& instance : instances_[wish.service]) {
    if (!is_free_for(instance, wish.mode)) continue;
    if (best == nullptr || rank(instance) < rank(*best)) best = &instance;
  }
  return best;
}

bool Services::is_free_for(const Instance& instance, ServiceMode mode) const {
  for (const Request& request : requests_) {
    for (const Hold& hold : request.holds) {
      const bool are_both_shared = hold.mode == ServiceMode::shared && mode == ServiceMode::shared;
      if (hold.instance == &instance && !are_both_shared) return false;
    }
  }
  return true;
}

Services::Progress Services::make_well(Request& request) {
  Progress all = Progress::granted;
  for (Hold& hold : request.holds) {
    // One that was well may be outdated since: what is below it in `depends` was lost.
    hold.is_well = (hold.is_well && !is_outdated(*hold.instance)) || is_proven_for(hold);
    if (hold.is_well) continue;
    const Progress one = make_well(request, hold);
    if (one == Progress::refused) return one;
    all = Progress::waits;
  }
  return all == Progress::granted && recheck(request) ? Progress::waits : all;
}

// What was well first may have broken while the request waited for the rest. It is checked once
// more, and not again: two slow checks would go on for ever.
bool Services::recheck(Request& request) {
  if (request.use == k_run_itself || std::exchange(request.is_rechecked, true)) return false;
  bool is_needed = false;
  for (Hold& hold : request.holds) {
    if (hold.instance->is_recent) continue;
    is_needed = true;
    hold.is_well = false;
    check(*hold.instance);
  }
  return is_needed;
}

bool Services::is_proven_for(const Hold& hold) const {
  const Instance& instance = *hold.instance;
  return instance.is_proven && instance.life.generation > hold.worn_generation &&
         !is_outdated(instance);
}

// The services below the instance in `depends` are made well first.
Services::Progress Services::make_well(const Request& request, const Hold& hold) {
  Instance& instance = *hold.instance;
  const bool never_comes =
      instance.life.state == ServiceState::failed ||
      (instance.life.state == ServiceState::absent && instance.life.is_dismissed);
  if (never_comes) {
    refuse(request, instance);
    return Progress::refused;
  }
  if (!is_well_below(request, instance)) return Progress::waits;
  if (instance.life.state == ServiceState::absent) {
    instance.started_on = generations_below(instance);
    step(instance, ServiceNews::wanted);
  } else if (instance.life.state == ServiceState::ready) {
    const bool is_worn = instance.life.generation <= hold.worn_generation || is_outdated(instance);
    if (is_worn) {
      step(instance, ServiceNews::renew);
    } else {
      check(instance);
    }
  }
  return Progress::waits;
}

void Services::grant(Request& request) {
  if (request.use == k_run_itself) return;
  request.is_using = true;
  for (Hold& hold : request.holds) {
    // The use has asked again, and the generation that it used is well.
    if (has_it_still(hold)) step(*hold.instance, ServiceNews::served);
    hold.generation = hold.instance->life.generation;
    hold.instance->used_generation = hold.generation;
    hold.instance->is_proven = false;
  }
  orders_.push_back({.action = ServiceAction::grant, .use = request.use});
}

void Services::refuse(const Request& request, const Instance& instance) {
  if (request.use == k_run_itself) return;
  orders_.push_back({.action = ServiceAction::refuse,
                     .instance = instance.id,
                     .generation = instance.life.generation,
                     .use = request.use,
                     .why = instance.why});
}

bool Services::is_well_below(const Request& request, const Instance& instance) const {
  const std::vector<std::size_t>& below = depends_[instance.id.service];
  return std::ranges::all_of(request.holds, [&](const Hold& hold) {
    return hold.is_well || std::ranges::find(below, hold.instance->id.service) == below.end();
  });
}

std::vector<unsigned> Services::generations_below(const Instance& instance) const {
  return collected(depends_[instance.id.service],
                   [this](std::size_t below) { return instances_[below].front().life.generation; });
}

bool Services::is_outdated(const Instance& instance) const {
  return instance.started_on != generations_below(instance);
}

bool Services::is_to_be_reset(const Instance& instance) const {
  return instance.needs_reset && !specs_[instance.id.service].reset.empty();
}

void Services::check(Instance& instance) {
  if (std::exchange(instance.is_being_checked, true)) return;
  ++instance.checks;
  instance.suspects_before = instance.suspects.size();
  orders_.push_back({is_to_be_reset(instance) ? ServiceAction::reset : ServiceAction::check,
                     instance.id, instance.life.generation});
}

// The check was good. So the uses that had ended when it began did no harm.
void Services::acquit(Instance& instance) {
  const auto from = instance.suspects.begin();
  instance.suspects.erase(from, from + static_cast<std::ptrdiff_t>(instance.suspects_before));
  instance.suspects_before = 0;
}

std::vector<UseId> Services::suspects_of(const Instance& instance) const {
  std::vector<UseId> all = users_of(instance.id);
  for (const UseId use : instance.suspects) {
    if (std::ranges::find(all, use) == all.end()) all.push_back(use);
  }
  return all;
}

void Services::step(Instance& instance, ServiceNews kind) {
  const std::vector<UseId> suspects = suspects_of(instance);
  const auto users = static_cast<unsigned>(users_of(instance.id).size());
  const ServiceStep next =
      next_step(instance.life, {kind, users, static_cast<unsigned>(suspects.size())},
                specs_[instance.id.service].max_restarts);
  instance.life = next.life;
  if (next.life.state != ServiceState::ready) {
    instance.is_being_checked = false;
    instance.needs_another_check = false;
    instance.is_proven = false;
  }
  if (!next.life.is_whole) {
    instance.suspects.clear();
    instance.suspects_before = 0;
  }
  for (const ServiceAction action : next.actions) {
    ServiceOrder order{action, instance.id, instance.life.generation};
    if (action == ServiceAction::note_death) {
      order.users = suspects;
      order.why = instance.why;
    }
    orders_.push_back(std::move(order));
  }
}

void Services::stop_unused() {
  for (std::vector<Instance>& of_one : instances_) {
    for (Instance& instance : of_one) {
      const bool is_unused =
          instance.life.state == ServiceState::draining && users_of(instance.id).empty();
      if (is_unused) step(instance, ServiceNews::unused);
    }
  }
}

// The loop goes from the last spec to the first, so it meets a dependent before what it needs.
void Services::stop_what_nothing_depends_on() {
  std::vector<bool> is_needed(specs_.size());
  for (std::size_t i = specs_.size(); i-- > 0;) {
    for (Instance& instance : instances_[i]) {
      if (!is_needed[i] && !instance.life.is_dismissed) {
        step(instance, ServiceNews::told_to_stop);
      }
      if (is_at_rest(instance.life.state)) continue;
      for (std::size_t below : depends_[i]) is_needed[below] = true;
    }
  }
}

}  // namespace holdfast
