// Whether services are declared in a way that makes sense.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"
#include "values/service_spec.hpp"
#include "values/test_order.hpp"

namespace holdfast {

// Puts each service behind those that it depends on, and otherwise keeps the order of declaration.
// Fails for mistakes that no single declaration shows: an unknown name or a circle in `depends`,
// two services with the same name, the same variables or the same port of their own
// (service_spec.hpp). The error names the origin of the service that has the mistake.
Result<std::vector<ServiceSpec>> in_order_of_start(std::vector<ServiceSpec> services);

// Fails if a use names a service that is not declared. The error has that name as what was found,
// and the declared names as what was expected.
Result<void> check_uses(const std::vector<ServiceUse>& uses,
                        const std::vector<ServiceSpec>& declared);

// Whether one declaration makes sense by itself. The error does not name its origin.
Result<void> check(const ServiceSpec& service);

// The life of one instance of a service: (state, event) -> (state, actions). Pure: no process, no
// clock. The keeper turns what its host says into events, and carries out the actions.
//
//   absent ── wanted ──> starting ── ready ─────────> ready ── unhealthy ────────> draining
//     ^                      │                          │                             │
//     │                      └─ died, ended ─> failed   ├─ died                       │ unused
//     └───────────── ended ───────────── stopping <─────┴─────────────────────────────┘
enum class ServiceState : std::uint8_t {
  absent,    // no process of it is there; it is started when it is wanted
  starting,  // its host is there, and it has not answered yet
  ready,     // it answered, and its init command has run
  draining,  // nobody else gets it; those who use it may finish
  stopping,  // its process tree is being ended
  failed,    // it is not started again
};

constexpr auto words_of(ServiceState) {
  return word_list("absent", "starting", "ready", "draining", "stopping", "failed");
}

struct ServiceLife {
  ServiceState state = ServiceState::absent;
  unsigned generation = 0;  // the present or the last one; 0: there was none
  // Generations that came to a bad end one after the other, none of which served a test well.
  unsigned restarts = 0;
  bool is_dismissed = false;  // it was told to stop, so it is not started again
  bool is_whole = false;      // the generation was ready, and no loss of it was noted

  friend bool operator==(const ServiceLife&, const ServiceLife&) = default;
};

// What happens to an instance. Its host says the first four of itself.
enum class ServiceNews : std::uint8_t {
  ready,         // it answered for the first time, and init has run
  healthy,       // the result of a check or a reset
  unhealthy,     // likewise: it is alive and does not answer as it should; in `starting`: people
                 // have kept it since before the run
  died,          // its main process has ended, was not ready in time, or could not be started; or
                 // its host was killed
  ended,         // its host is gone, and so is its process tree
  wanted,        // a test waits for it
  unused,        // the last use of it has ended
  served,        // a use has ended, and it is still alive
  renew,         // a new generation is wanted
  told_to_stop,  // the run ends
};

constexpr auto words_of(ServiceNews) {
  return word_list("ready", "healthy", "unhealthy", "died", "ended", "wanted", "unused", "served",
                   "renew", "told_to_stop");
}

struct ServiceEvent {
  ServiceNews kind;
  unsigned users = 0;     // how many tests are using this generation
  unsigned suspects = 0;  // how many tests may have broken it: the users, and some that are over
};

// What the keeper does for an instance or a use.
enum class ServiceAction : std::uint8_t {
  start,       // start the instance, as a new generation
  check,       // check the health of the instance
  reset,       // run its reset command, then check its health
  stop,        // end its process tree
  note_death,  // record that the generation was lost; some uses may have broken it
  grant,       // tell a use that it has all its services
  refuse,      // tell a use that it cannot get them
};

struct ServiceStep {
  ServiceLife life;
  std::vector<ServiceAction> actions;  // none of check, reset, grant and refuse
};

// `max_restarts`: how many restarts in a row are allowed. A generation that was lost with one
// suspect does not count: that test is to blame.
ServiceStep next_step(const ServiceLife& life, const ServiceEvent& event, unsigned max_restarts);

// Remembers on which generations of the services the fixtures of ctest were set up. A fixture may
// fill a database. If the database is then started anew, it is empty, and a test that requires the
// fixture fails for a reason that is not its own.

class FixtureGenerations {
 public:
  // `test` sets up its fixtures on these generations. The last call for a test and service counts.
  void set_up(const TestSchedule& schedule, const std::string& test,
              const std::vector<AcquiredService>& had);
  // Returns one sentence for each test that set up one of these fixtures on an older generation
  // than `had`.
  std::vector<std::string> older(const TestSchedule& schedule,
                                 const std::vector<AcquiredService>& had) const;
  void forget() { by_fixture_.clear(); }

 private:
  // The key is the test and the service.
  using Generations = std::map<std::pair<std::string, std::string>, unsigned>;
  std::map<std::string, Generations> by_fixture_;
};

}  // namespace holdfast
