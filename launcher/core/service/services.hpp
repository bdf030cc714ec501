// All services of a run: which test waits for which, which test uses which, and what is to be done
// next. Pure: the keeper tells what happened and carries out the orders.
//
// A test asks for all its services at once, when it has its locks, and asks for nothing afterwards.
// Tests are served in the order in which they asked; a later one goes first only where that keeps
// no earlier one waiting. So no circle of waits can arise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/service/service_spec.hpp"
#include "core/service/service_state.hpp"
#include "core/service/service_use.hpp"

namespace holdfast {

// One instance of a service: `service` is its place among the specs.
struct InstanceId {
  std::size_t service = 0;
  unsigned number = 0;

  friend bool operator==(const InstanceId&, const InstanceId&) = default;
};

// What the host of an instance says of it.
struct InstanceNews {
  enum class Kind : std::uint8_t {
    ready,      // it answered, and its init command has run
    healthy,    // the answer to a check or reset
    unhealthy,  // likewise
    died,       // its main process has ended, or could not be started
    ended,      // nothing of it is left, and its host is gone
  };
  Kind kind;
  std::string why = {};  // for people: of unhealthy, died and ended
};

// One test, or one process of a batch, that uses services.
using UseId = std::uint64_t;

enum class Farewell : std::uint8_t { green, red };

struct ServiceOrder {
  enum class Kind : std::uint8_t {
    start,        // a host for the instance, whose generation it is
    check,        // its health
    reset,        // its reset command, and then its health
    stop,         // its process tree
    take_stacks,  // of its process tree
    note_death,   // one of `users` may have done it, or nobody
    grant,        // `use` may begin
    refuse,       // `use` cannot begin
  };
  Kind kind;
  InstanceId instance = {};
  unsigned generation = 0;
  UseId use = 0;
  // Those that used the generation when it was lost, and those that had used it since it was last
  // found well.
  std::vector<UseId> users = {};
  std::string why = {};  // for people: of note_death and refuse

  friend bool operator==(const ServiceOrder&, const ServiceOrder&) = default;
};

// What a use has of one service.
struct GrantedService {
  InstanceId instance;
  unsigned generation = 0;

  friend bool operator==(const GrantedService&, const GrantedService&) = default;
};

// What an instance had before the run: people have started it by hand.
struct EarlierGeneration {
  InstanceId instance;
  unsigned generation = 0;
  bool is_there = false;  // the start of the instance takes this one, and makes no new one
};

class Services {
 public:
  // `specs` are in order of start (service_spec.hpp). Those that are eager are wanted at once.
  explicit Services(std::vector<ServiceSpec> specs,
                    const std::vector<EarlierGeneration>& earlier = {});

  // `uses` name declared services. The answer is an order to grant or to refuse.
  void ask(UseId use, const std::vector<ServiceUse>& uses);
  // A use that was granted asks whether its services are still well, and gets a new answer. Until
  // then it does not count as using them. What it has exclusively is reset, and a fresh service
  // gets a new generation, as between two tests.
  void ask_again(UseId use);
  // The use is over, or does not wait any longer.
  void leave(UseId use, Farewell farewell);
  void happened(const InstanceId& instance, const InstanceNews& news);
  // The run ends: everything is stopped, in reverse order of start. Nothing is granted any more.
  void end();

  // What is to be done now. Each order is given once.
  std::vector<ServiceOrder> take_orders();

  const std::vector<ServiceSpec>& specs() const { return specs_; }
  // Its place among the specs; none: nobody has declared it.
  std::optional<std::size_t> place_of(std::string_view name) const;
  const ServiceLife& life(const InstanceId& instance) const;
  // What a use has or waits for, services it depends on included.
  std::vector<GrantedService> services_of(UseId use) const;
  // Those that use the generation that is there now.
  std::vector<UseId> users_of(const InstanceId& instance) const;
  // Whether it is being looked at, so that one does not know yet whether it is well.
  bool is_in_doubt(const InstanceId& instance) const;
  // Whether no process of any service is there.
  bool are_at_rest() const;

 private:
  struct Instance {
    InstanceId id;
    ServiceLife life;
    bool is_being_checked = false;
    bool needs_another_check = false;  // a red use ended while it was being checked
    bool needs_reset = false;
    std::vector<UseId> suspects;       // uses of this generation that ended since it was found well
    std::size_t suspects_before = 0;   // those of them that had ended when the check began
    unsigned used_generation = 0;      // the last one that a test got
    std::vector<unsigned> started_on;  // generations of what it depends on, when it was started
    std::string why;                   // its last trouble
  };
  struct Wish {
    std::size_t service;
    ServiceMode mode;
  };
  // What a request has of one service. It may have to wait until that is well.
  struct Hold {
    Instance* instance;
    ServiceMode mode;
    unsigned worn_generation;  // a later one is wanted
    bool is_well = false;      // since the request was made
    unsigned generation = 0;   // that was granted
  };
  struct Request {
    UseId use;
    std::vector<Wish> wishes;      // in order of start
    std::vector<Hold> holds = {};  // empty: it waits for other requests
    bool is_using = false;
  };
  enum class Progress : std::uint8_t { waits, granted, refused };

  Request* find(UseId use);
  static bool has_it_still(const Hold& hold);
  std::vector<Wish> wishes_of(const std::vector<ServiceUse>& uses) const;
  void look();
  void take_holds(Request& request, std::vector<std::optional<ServiceMode>>& claims);
  Instance* choose(const Wish& wish);
  bool is_free_for(const Instance& instance, ServiceMode mode) const;
  Progress make_well(Request& request);
  Progress make_well(const Request& request, const Hold& hold);
  void grant(Request& request);
  void refuse(const Request& request, const Instance& instance);
  bool is_well_below(const Request& request, const Instance& instance) const;
  std::vector<unsigned> generations_below(const Instance& instance) const;
  void check(Instance& instance);
  void acquit(Instance& instance);
  std::vector<UseId> suspects_of(const Instance& instance) const;
  void step(Instance& instance, ServiceEvent::Kind kind);
  void stop_unused();
  void stop_what_nothing_depends_on();
  Instance& at(const InstanceId& id) { return instances_[id.service][id.number]; }

  std::vector<ServiceSpec> specs_;
  std::vector<std::vector<std::size_t>> depends_;  // of each spec: places of those it depends on
  std::vector<std::vector<Instance>> instances_;   // of each spec; neither grows
  std::vector<Request> requests_;                  // in order of arrival
  std::vector<ServiceOrder> orders_;
  bool is_ending_ = false;
};

}  // namespace holdfast
