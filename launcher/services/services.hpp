// All services of a run: which test waits for which service, which test uses which, and what the
// keeper does next. This is pure: the keeper says what happened and carries out the orders.
//
// A test asks for all its services at once, when it has its locks. It asks for nothing afterwards.
// Tests get their services in the order in which they asked. A later test goes first only if no
// earlier test has to wait longer because of that. So no circle of waits can arise. Pure.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "values/service_spec.hpp"
#include "values/service_state.hpp"

namespace holdfast {

// One instance of a service. `service` is the index of the service in Services::specs().
struct InstanceId {
  std::size_t service = 0;
  unsigned number = 0;

  friend auto operator<=>(const InstanceId&, const InstanceId&) = default;
};

enum class Farewell : std::uint8_t { green, red };

struct ServiceOrder {
  ServiceAction action;
  InstanceId instance = {};
  unsigned generation = 0;
  UseId use = 0;
  // For note_death: the uses that had the generation when it was lost, and those that had it since
  // its last good check.
  std::vector<UseId> users = {};
  std::string why = {};  // the reason in words, for note_death and refuse

  friend bool operator==(const ServiceOrder&, const ServiceOrder&) = default;
};

// The instance and the generation that a use has of one service.
struct GrantedService {
  InstanceId instance;
  unsigned generation = 0;
  ServiceMode mode = ServiceMode::shared;

  friend bool operator==(const GrantedService&, const GrantedService&) = default;
};

class Services {
 public:
  // `specs` are in order of start (in_order_of_start() in service_state.hpp). Eager services start
  // at once.
  explicit Services(std::vector<ServiceSpec> specs);

  // `use` asks for services. All of `uses` name declared services. The answer is an order: grant or
  // refuse.
  void ask(UseId use, const std::vector<ServiceUse>& uses);
  // A granted use asks whether its services are still well, and gets a new answer. Until then it
  // does not use them. As between two tests, an exclusive service is reset, and a fresh service
  // gets a new generation.
  void ask_again(UseId use);
  // The use is over, or waits no longer. An instance that nobody uses any more is checked at once,
  // so that the next use need not wait for that.
  void leave(UseId use, Farewell farewell);
  // The last good check of the instance was too long ago to count for the next use.
  void doubt(const InstanceId& instance);
  // What has become of the instance: one of `ready` to `ended`. `why`: the reason in words, for
  // unhealthy, died and ended.
  void happened(const InstanceId& instance, ServiceNews news, const std::string& why = {});
  // The instance, which is starting, has this generation and not the one of the order: people have
  // kept it before.
  void starts_as(const InstanceId& id, unsigned generation) { at(id).life.generation = generation; }
  // The same, and the generation is still there: an earlier run may have used it.
  void goes_on_as(const InstanceId& instance, unsigned generation);
  // The run ends. All instances are stopped, in reverse order of start. No use is granted any more.
  void end();

  // Returns the orders that the keeper carries out now, each once.
  std::vector<ServiceOrder> take_orders() { return std::exchange(orders_, {}); }

  const std::vector<ServiceSpec>& specs() const { return specs_; }
  // Returns the index of the service in specs(). None: nobody has declared it.
  std::optional<std::size_t> place_of(std::string_view name) const;
  const ServiceLife& life(const InstanceId& instance) const { return at(instance).life; }
  // Returns the instances that a use has or waits for, and those of the services below them in
  // `depends`. It is empty while the use waits for earlier uses.
  std::vector<GrantedService> services_of(UseId use) const;
  // True: the use has asked, and is not over.
  bool has_asked(UseId use) const { return find(requests_, use) != nullptr; }
  // True: the use has asked and has no answer yet.
  bool is_waiting(UseId use) const;
  // Returns the uses of the present generation.
  std::vector<UseId> users_of(const InstanceId& instance) const;
  // True: a check of the instance is running, and the use, which is over, may have broken it.
  bool is_in_doubt(const InstanceId& instance, UseId use) const;
  // True: every instance is absent or has failed. The host of a failed instance may still be
  // ending processes.
  bool are_at_rest() const;

 private:
  struct Instance {
    InstanceId id;
    ServiceLife life;
    bool is_being_checked = false;
    bool needs_another_check = false;  // a red use, or one that asks again, ended during the check
    bool needs_reset = false;
    bool is_proven = false;       // nobody has used it since its last good check
    bool is_recent = false;       // its last good check was a moment ago
    std::size_t checks = 0;       // how many have begun
    std::vector<UseId> suspects;  // uses of this generation that ended after its last good check
    std::size_t suspects_before = 0;   // how many of them had ended when the present check began
    unsigned used_generation = 0;      // the last generation that a use got
    std::vector<unsigned> started_on;  // the generations below it in `depends` when it started
    std::string why;                   // why it was lost the last time
  };
  struct RequestedResource {
    std::size_t service;
    ServiceMode mode;
  };
  // The instance of one service that a request has. The request waits until the instance is well.
  struct Hold {
    Instance* instance;
    ServiceMode mode;
    unsigned worn_generation;  // the request needs a later generation than this
    bool is_well = false;      // a check was good since the request was made
    // An earlier check began before the last use ended, and may have missed what that use broke.
    std::size_t first_check = 0;
    unsigned generation = 0;  // the granted generation
  };
  struct Request {
    UseId use;
    std::vector<RequestedResource> wishes;  // in order of start
    std::vector<Hold> holds = {};           // empty: the request waits for earlier requests
    bool is_using = false;
    bool is_rechecked = false;  // the instances that were well first were checked again at the end
  };
  enum class Progress : std::uint8_t { waits, granted, refused };

  // Null: the use has not asked, or is over.
  static auto find(auto& requests, UseId use) -> decltype(requests.data()) {
    const auto found = std::ranges::find(requests, use, &Request::use);
    return found == requests.end() ? nullptr : &*found;
  }
  static bool has_it_still(const Hold& hold);
  std::vector<RequestedResource> wishes_of(const std::vector<ServiceUse>& uses) const;
  void look();
  void take_holds(Request& request, std::vector<std::optional<ServiceMode>>& claims);
  Instance* choose(const RequestedResource& wish);
  bool is_free_for(const Instance& instance, ServiceMode mode) const;
  Progress make_well(Request& request);
  Progress make_well(const Request& request, const Hold& hold);
  bool recheck(Request& request);
  bool is_proven_for(const Hold& hold) const;
  void grant(Request& request);
  void refuse(const Request& request, const Instance& instance);
  bool is_well_below(const Request& request, const Instance& instance) const;
  std::vector<unsigned> generations_below(const Instance& instance) const;
  bool is_outdated(const Instance& instance) const;
  bool is_to_be_reset(const Instance& instance) const;
  void check(Instance& instance);
  void acquit(Instance& instance);
  std::vector<UseId> suspects_of(const Instance& instance) const;
  void step(Instance& instance, ServiceNews kind);
  void stop_unused();
  void stop_what_nothing_depends_on();
  Instance& at(const InstanceId& id) { return instances_[id.service][id.number]; }
  const Instance& at(const InstanceId& id) const { return instances_[id.service][id.number]; }

  std::vector<ServiceSpec> specs_;
  std::vector<std::vector<std::size_t>> depends_;  // for each spec: the indexes of its `depends`
  std::vector<std::vector<Instance>> instances_;   // for each spec; Hold points into them
  std::vector<Request> requests_;                  // in order of arrival
  std::vector<ServiceOrder> orders_;
  bool is_ending_ = false;
};

}  // namespace holdfast
