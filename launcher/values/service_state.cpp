#include "values/service_state.hpp"

#include <algorithm>

#include "values/lock_spec.hpp"

namespace holdfast {
namespace {

Error wrong(std::string why) { return ErrorInWords{std::move(why)}; }

Error wrong(const ServiceSpec& service, const std::string& why) {
  return wrong(service.origin + ": " + why);
}

std::string listed(const std::vector<std::string_view>& kinds, std::string_view before) {
  return separated(kinds, ", ", [&](std::string_view kind) {
    return text_of({"`", before, kind, "`"});
  });
}

// No two services have the same name, variables or port.
Result<void> check_pairs(const std::vector<ServiceSpec>& services) {
  for (auto one = services.begin(); one != services.end(); ++one) {
    for (auto other = services.begin(); other != one; ++other) {
      if (one->name == other->name) {
        return wrong(*one, "found a second service \"" + one->name + "\", expected one; " +
                               other->origin + " has the first");
      }
      if (variable_of_service(one->name, {}) == variable_of_service(other->name, {})) {
        return wrong(*one, "found \"" + one->name + "\", whose variables " +
                               variable_of_service(one->name, {}) + "… are those of \"" +
                               other->name + "\", expected a name with variables of its own");
      }
      const std::uint16_t port = fixed_port(*one);
      if (port == 0 || fixed_port(*other) != port) continue;
      return wrong(*one, "found port " + std::to_string(port) + ", which is that of \"" +
                             other->name + "\" (" + other->origin +
                             "), expected a port of its own");
    }
  }
  return {};
}

// `words` are as a generation may have them.
Result<void> check_places(const ServiceProbe& probe, const std::string& before,
                          const ServiceWords& words) {
  const auto check = [](const std::string& key, const std::string& text, const auto& place) {
    if (text.empty() || place) return Result<void>{};
    return Result<void>(
        wrong("found `" + key + "` \"" + text + "\", expected " + expected_by(place.error())));
  };
  HOLDFAST_DO(check(before + "tcp", probe.tcp, parse_endpoint(filled(probe.tcp, words))));
  return check(before + "http", probe.http, parse_http_endpoint(filled(probe.http, words)));
}

class Sorting {
 public:
  explicit Sorting(std::vector<ServiceSpec> services) : services_(std::move(services)) {}

  Result<std::vector<ServiceSpec>> sort() {
    for (std::size_t i = 0; i < services_.size(); ++i) {
      HOLDFAST_DO(place(i));
    }
    std::vector<ServiceSpec> sorted;
    sorted.reserve(order_.size());
    for (std::size_t i : order_) sorted.push_back(std::move(services_[i]));
    return sorted;
  }

 private:
  Result<void> place(std::size_t i) {
    if (std::ranges::find(order_, i) != order_.end()) return {};
    if (std::ranges::find(path_, i) != path_.end()) {
      return wrong(services_[i], "depends on itself: " + circle(i));
    }
    path_.push_back(i);
    for (const std::string& name : services_[i].depends) {
      const auto found = std::ranges::find(services_, name, &ServiceSpec::name);
      if (found == services_.end()) {
        return wrong(services_[i],
                     "`depends` has \"" + name + "\", expected the name of a declared service");
      }
      if (found->instances > 1) {
        return wrong(services_[i], "`depends` has \"" + name +
                                       "\", which has several instances, expected one instance");
      }
      const auto next = static_cast<std::size_t>(found - services_.begin());
      HOLDFAST_DO(place(next));
    }
    path_.pop_back();
    order_.push_back(i);
    return {};
  }

  // `db, web, db`
  std::string circle(std::size_t from) const {
    std::string names;
    for (auto i = std::find(path_.begin(), path_.end(), from); i != path_.end(); ++i) {
      names += services_[*i].name + ", ";
    }
    return names + services_[from].name;
  }

  std::vector<ServiceSpec> services_;
  std::vector<std::size_t> path_;   // those that wait for what they depend on
  std::vector<std::size_t> order_;  // those that are placed
};

using News = ServiceNews;

class Step {
 public:
  Step(const ServiceLife& life, const ServiceEvent& event, unsigned max_restarts)
      : step_{life, {}}, event_(event), max_restarts_(max_restarts) {}

  ServiceStep take() {
    switch (step_.life.state) {
      case ServiceState::absent:
        absent();
        break;
      case ServiceState::starting:
        starting();
        break;
      case ServiceState::ready:
        ready();
        break;
      case ServiceState::draining:
        draining();
        break;
      case ServiceState::stopping:
        if (event_.kind == News::told_to_stop) step_.life.is_dismissed = true;
        // A host says `died` only if the service died before the order to stop reached it.
        if (event_.kind == News::died && step_.life.is_whole) lose();
        if (event_.kind == News::ended) come_to_rest();
        break;
      case ServiceState::failed:
        break;
    }
    return std::move(step_);
  }

 private:
  void absent() {
    if (event_.kind == News::wanted && !step_.life.is_dismissed) start();
    if (event_.kind == News::told_to_stop) step_.life.is_dismissed = true;
  }

  void starting() {
    if (event_.kind == News::ready) {
      step_.life.state = ServiceState::ready;
      step_.life.is_whole = true;
    }
    if (event_.kind == News::died || event_.kind == News::ended) {
      step_.life.state = ServiceState::failed;
    }
    // People have kept it since before the run, and the first check finds that it hangs.
    if (event_.kind == News::unhealthy) lose_unwell();
    if (event_.kind == News::told_to_stop) dismiss();
  }

  void ready() {
    if (event_.kind == News::served) step_.life.restarts = 0;
    if (event_.kind == News::renew) drain();
    if (event_.kind == News::unhealthy) return lose_unwell();
    end_unbidden();
    if (event_.kind == News::told_to_stop) dismiss();
  }

  void draining() {
    if (event_.kind == News::unused) stop();
    if (event_.kind == News::died) {
      if (step_.life.is_whole) lose();
      step_.life.state = ServiceState::stopping;
    }
    if (event_.kind == News::ended) come_to_rest();
    if (event_.kind == News::told_to_stop) dismiss();
  }

  void lose_unwell() {
    lose();
    drain();
  }

  void drain() {
    step_.life.state = ServiceState::draining;
    if (event_.users == 0) stop();
  }

  // The service or its host ended, though nobody has told it to.
  void end_unbidden() {
    if (event_.kind != News::died && event_.kind != News::ended) return;
    lose();
    step_.life.state = ServiceState::stopping;
    if (event_.kind == News::ended) come_to_rest();
  }

  void lose() {
    step_.life.is_whole = false;
    if (event_.suspects != 1) ++step_.life.restarts;
    step_.actions.push_back(ServiceAction::note_death);
  }

  void come_to_rest() {
    const bool is_enough = !step_.life.is_dismissed && step_.life.restarts > max_restarts_;
    step_.life.state = is_enough ? ServiceState::failed : ServiceState::absent;
  }

  void start() {
    ++step_.life.generation;
    step_.life.is_whole = false;
    step_.life.state = ServiceState::starting;
    step_.actions.push_back(ServiceAction::start);
  }

  void dismiss() {
    step_.life.is_dismissed = true;
    stop();
  }

  void stop() {
    step_.life.state = ServiceState::stopping;
    step_.actions.push_back(ServiceAction::stop);
  }

  ServiceStep step_;
  const ServiceEvent& event_;
  unsigned max_restarts_;
};

}  // namespace

Result<std::vector<ServiceSpec>> in_order_of_start(std::vector<ServiceSpec> services) {
  HOLDFAST_DO(check_pairs(services));
  return Sorting(std::move(services)).sort();
}

Result<void> check(const ServiceSpec& service) {
  if (!is_service_name(service.name)) {
    return wrong("found the name \"" + service.name +
                 "\", expected letters, digits, `_`, `-` and `.`, at most 64 of them");
  }
  if (service.command.empty()) return wrong("found no `command`, expected one");
  const std::vector<std::string_view> ready = kinds_of(service.ready);
  if (ready.size() > 1) return wrong("found " + listed(ready, "ready-") + ", expected one of them");
  const std::vector<std::string_view> health = kinds_of(service.health);
  if (health.size() > 1) {
    return wrong("found " + listed(health, "health-") + ", expected one of them");
  }
  if (const std::uint16_t port = fixed_port(service); port != 0 && service.instances > 1) {
    return wrong("found port " + std::to_string(port) + " for " +
                 std::to_string(service.instances) +
                 " instances, expected `ports` and {port} in its place");
  }
  const PortsNamed named = ports_named(service);
  const unsigned later = std::max(service.ports, service.ready.output.empty() ? 0U : 1U);
  if (named.before_ready > service.ports || named.later > later) {
    const unsigned greatest = std::max(named.before_ready, named.later);
    return wrong("found {port" + (greatest > 1 ? std::to_string(greatest) : "") +
                 "}, expected it only where `ports` says that there are so many");
  }
  const ServiceWords words{service.name, 0, std::vector<std::uint16_t>(later, 1), "/"};
  HOLDFAST_DO(check_places(service.ready, "ready-", words));
  return check_places(service.health, "health-", words);
}

Result<void> check_uses(const std::vector<ServiceUse>& uses,
                        const std::vector<ServiceSpec>& declared) {
  for (const ServiceUse& use : uses) {
    if (std::ranges::find(declared, use.name, &ServiceSpec::name) != declared.end()) continue;
    const std::vector<std::string> names = collected(declared, &ServiceSpec::name);
    return BadValue{"\"" + use.name + "\"",
                    names.empty() ? "no service, as none is declared" : alternatives(names)};
  }
  return {};
}

ServiceStep next_step(const ServiceLife& life, const ServiceEvent& event, unsigned max_restarts) {
  return Step(life, event, max_restarts).take();
}

void FixtureGenerations::set_up(const TestSchedule& schedule, const std::string& test,
                                const std::vector<AcquiredService>& had) {
  for (const std::string& fixture : schedule.setup) {
    for (const AcquiredService& one : had) by_fixture_[fixture][{test, one.name}] = one.generation;
  }
}

std::vector<std::string> FixtureGenerations::older(const TestSchedule& schedule,
                                                   const std::vector<AcquiredService>& had) const {
  std::vector<std::string> sentences;
  for (const std::string& fixture : schedule.required) {
    const auto found = by_fixture_.find(fixture);
    if (found == by_fixture_.end()) continue;
    for (const auto& [setter, generation] : found->second) {
      const auto& [test, service] = setter;
      for (const AcquiredService& one : had) {
        if (one.name != service || generation >= one.generation) continue;
        sentences.push_back(text_of(
            {"its fixture ", brief_in_quotes(fixture), " was set up by ", brief_in_quotes(test),
             " on generation ", std::to_string(generation), " of service ", service,
             ", and the test had generation ", std::to_string(one.generation)}));
      }
    }
  }
  return sentences;
}

}  // namespace holdfast
