// The services of a run: who asks for which, and what is told to whom. services/services.hpp
// decides, and ServiceHosts carries out what it orders. Nothing here waits, except at the end of
// the run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/message.hpp"
#include "base/process_name.hpp"
#include "os/file/descriptors.hpp"
#include "run/run.hpp"
#include "services/service_hosts.hpp"
#include "services/services.hpp"
#include "values/held_locks.hpp"
#include "values/service_state.hpp"

namespace holdfast {

// A test that uses services.
struct ServiceUser {
  std::string attempt;
  std::string test;
  TestSchedule schedule;  // with its fixtures
  ProcessName launcher;
  std::vector<ServiceUse> uses;
  std::int64_t since_unix_ms = 0;         // 0: it has not had them yet
  std::vector<std::string> lost = {};     // the services that were lost under it
  std::vector<ServiceRecord> parts = {};  // what they print while it has them (note_beginning())
};

class RunServices {
 public:
  // `declared` are in order of start. If this is an error, no test that uses services may run.
  RunServices(Result<std::vector<ServiceSpec>> declared, ServicesOwner owner);

  // Returns why a test that uses these services must not run. Empty: it may.
  std::string refusal(const std::vector<ServiceUse>& uses) const;

  // Replaces what is declared, for runs that begin later.
  void declare(Result<std::vector<ServiceSpec>> declared) { declared_ = std::move(declared); }
  // As in ServiceHosts.
  bool has_network() const { return hosts_.has_network(); }
  os::SharedNetwork& network() { return hosts_.network(); }
  // Begins the run, if it is not the current one: ends an earlier run, and starts eager services.
  void begin(const Run& run);
  // Answers what a launcher says about its services: wire::ServicesAnswer and RedServices, and
  // k_waiting. None: it says something else. A reply without a kind is not sent: what the launcher
  // waits for comes from take_replies().
  std::optional<wire::Message> answer(const wire::Message& message, Connection& asker);
  // A test with its locks asks for its services. refusal() has let it pass.
  UseId ask(ServiceUser user);
  // The use is over, or its test does not wait any longer.
  void leave(UseId use, Farewell farewell);
  // Of each instance that is there.
  std::vector<wire::LiveService> states() const;
  // What the use waits for; without names: it has its services, or is none.
  wire::AttemptWait wait_of(UseId use) const;

  struct Reply {
    UseId use;
    wire::Message message;
  };
  std::vector<Reply> take_replies() { return std::exchange(replies_, {}); }

  // Adds what the services wait for.
  void join(os::Wait& wait) const { hosts_.join(wait); }
  // Acts on news from hosts. Must not wait.
  void look();

  // True: some service has ports, which are locked for it.
  bool lock_ports() const;

  // Ends the run and all its services, and waits until nothing of them is left.
  void end();

 private:
  // The use is over, and the test was red. The reply comes when its services have been checked. It
  // says which services were lost under the test, and how all of them are.
  void leave_red(UseId use);
  // Says in words what a test waits for.
  std::string waits_for(UseId use) const;
  void doubt_old_answers();
  void carry_out();
  void carry_out(const ServiceOrder& order);
  void grant(UseId use);
  void refuse(const ServiceOrder& order);
  void note_death(const ServiceOrder& order);
  void answer_red_uses();
  void answer_red_use(UseId use, const std::vector<GrantedService>& had);
  std::string state_of(const GrantedService& had);
  std::vector<AcquiredService> in_names(const std::vector<GrantedService>& had) const;
  std::vector<LockParty> parties_of(const std::vector<UseId>& uses) const;
  bool stands_in_the_way(UseId other, const ServiceUse& wish) const;
  std::string turn_of(UseId use) const;
  bool wait_until(const std::function<bool()>& is_so, Milliseconds patience);

  Result<std::vector<ServiceSpec>> declared_;
  RunLines& lines_;
  ServiceHosts hosts_;
  std::string run_;                   // its id; empty: no run has begun
  std::optional<Services> services_;  // of the current run; none: none is declared
  FixtureGenerations fixtures_;
  UseId uses_ = 0;
  std::map<UseId, ServiceUser> users_;
  // Red uses that are over and wait for the reply, with what they had.
  std::map<UseId, std::vector<GrantedService>> red_;
  std::vector<Reply> replies_;
};

}  // namespace holdfast
