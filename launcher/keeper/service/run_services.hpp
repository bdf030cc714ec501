// The services of a run: carries out what core/service/services.hpp orders, and tells it what
// happens. Nothing here waits, except at the end of the run.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/service/service_state.hpp"
#include "core/service/services.hpp"
#include "core/settings/message.hpp"
#include "keeper/base/run_lines.hpp"
#include "keeper/left/orphans.hpp"
#include "keeper/run/run.hpp"
#include "keeper/service/instance_ports.hpp"
#include "keeper/service/kept_service.hpp"
#include "keeper/service/kept_starts.hpp"
#include "keeper/service/service_accounts.hpp"
#include "keeper/service/service_instance.hpp"
#include "os/containment/shared_network.hpp"

namespace holdfast {

// A test that uses services.
struct ServiceUser {
  std::string attempt;
  std::string test;
  TestFixtures fixtures = {};
  ProcessName launcher = {};
  std::vector<ServiceUse> uses = {};
  std::int64_t since_unix_ms = 0;  // 0: it has not had them yet
};

class RunServices {
 public:
  // yes: people keep each service that starts, so it stays when the run ends.
  enum class KeepsAll : std::uint8_t { no, yes };
  // `declared` are in order of start. If this is an error, no test that uses services may run.
  // `lines` and `orphans` must outlive this object.
  RunServices(Result<std::vector<ServiceSpec>> declared, std::string tree, const ProcessName& ctest,
              RunLines& lines, OrphanHelpers& orphans, KeepsAll keeps_all = KeepsAll::no);

  // Returns why a test that uses these services must not run. Empty: it may.
  std::string refusal(const std::vector<ServiceUse>& uses) const;

  // Replaces what is declared, for runs that begin later.
  void declare(Result<std::vector<ServiceSpec>> declared) { declared_ = std::move(declared); }
  // The services that start from now on have this containment. `missing`: what to do if the machine
  // does not allow it.
  void contain(Containment containment, ContainmentMissing missing) {
    containment_ = containment;
    missing_ = missing;
  }
  // Whether services have a network of their own, which tests that use them share.
  bool has_network() const { return containment_.has(Boundary::netns); }
  // That network, which is made from now on if it is not there.
  os::SharedNetwork& network();
  // Begins the run, if it is not the current one: ends an earlier run, and starts eager services.
  void begin(const Run& run);
  // A test with its locks asks for its services. refusal() has let it pass.
  UseId ask(ServiceUser user, const std::vector<ServiceUse>& uses);
  // Another process of the test is to use the services. The reply comes as for ask().
  void ask_again(UseId use);
  // The use is over, or its test does not wait any longer.
  void leave(UseId use, Farewell farewell);
  // The use is over, and the test was red. The reply comes when its services have been checked. It
  // says which services were lost under the test, and how all of them are.
  void leave_red(UseId use);
  // Returns `NAME STATE GENERATION PID` for each instance that is there. PID is that of the main
  // process, or 0.
  std::vector<std::string> states() const;
  // What the use of these services waits for, as text (wire::AttemptWait); empty: it has them, or
  // is none.
  std::string wait_of(UseId use, const std::vector<ServiceUse>& services) const;
  // Says in words what a test waits for.
  std::string waits_for(UseId use) const;

  struct Reply {
    UseId use;
    wire::Message message;
  };
  std::vector<Reply> take_replies() { return std::exchange(replies_, {}); }

  // Appends the descriptors that poll(2) is to watch.
  void add_descriptors(std::vector<pollfd>& fds) const;
  // When look() has something to do even without news, on the clock of monotonic_now().
  Milliseconds due() const;
  // Acts on news from hosts. Must not wait.
  void look();

  // True: some service has ports, which are locked for it.
  bool lock_ports() const;

  // Ends the run and all its services, and waits until nothing of them is left.
  void end();

 private:
  ServiceHost* host_of(const InstanceId& id);
  const ServiceHost* host_of(const InstanceId& id) const;
  std::vector<EarlierGeneration> earlier_generations();
  void doubt_old_answers();
  void end_rest_of(const KeptService& kept, const ServiceSpec& service);
  void carry_out();
  void carry_out(const ServiceOrder& order);
  void start(const ServiceOrder& order);
  void start_answered(KeptStarts::Answered answered);
  void start_own(ServiceOrder order);
  void start_what_awaits_network();
  void fail_to_start(const ServiceOrder& order, const std::string& why);
  Result<bool> take_ports(const ServiceOrder& order);
  Result<ServiceHost> start_generation(const ServiceOrder& order);
  bool may_be_kept(const InstanceId& id) const;
  bool is_kept(const InstanceId& id) const;
  void take_kept(ServiceOrder order, KeptAnswer answer);
  Result<void> place(wire::HostOrder& host, bool is_kept) const;
  Result<void> contain(wire::HostOrder& host);
  void let_go(ServiceHost& host);
  void hear(ServiceHost& host);
  bool hear_message(ServiceHost& host);
  void hear_of_service(ServiceHost& host, const wire::Message& message);
  void lose(ServiceHost& host);
  void kill_late_hosts();
  Result<ServiceHost> start_host_among(const InstanceId& id, wire::HostOrder order);
  void grant(UseId use);
  void refuse(const ServiceOrder& order);
  void note_death(const ServiceOrder& order);
  void answer_red_uses();
  void reap();
  void kill_hosts();
  bool is_kept_one_checked() const;
  bool wait_until(const std::function<bool()>& is_so, Milliseconds patience);
  void answer_red_use(UseId use, const std::vector<GrantedService>& had);
  std::string account_of(const GrantedService& had);
  std::vector<HadGeneration> in_names(const std::vector<GrantedService>& had) const;
  void record(std::string_view event, const ServiceOrder& order, const std::string& why = {},
              const std::vector<UseId>& users = {});
  void write(ServiceRecord record) const;
  std::string in_words(const std::vector<UseId>& users) const;
  LockParty party_of(UseId use) const;
  std::vector<LockParty> parties_of(const std::vector<UseId>& uses) const;
  bool stands_in_the_way(UseId other, const ServiceUse& wish) const;
  std::string turn_of(UseId use) const;

  Result<std::vector<ServiceSpec>> declared_;
  Containment containment_ = {};
  ContainmentMissing missing_ = ContainmentMissing::warn;
  os::SharedNetwork network_;
  std::vector<ServiceOrder> await_network_;  // starts
  std::string tree_;
  ProcessName ctest_;
  RunLines& lines_;
  OrphanHelpers& orphans_;
  KeepsAll keeps_all_;
  bool is_ending_ = false;                     // the run is ending
  std::set<std::size_t> is_in_use_elsewhere_;  // kept services that another run uses
  std::string run_;                            // its id; empty: no run has begun
  std::string journal_;                        // its path; empty: nothing is recorded
  std::optional<Services> services_;           // of the current run
  std::vector<ServiceHost> hosts_;             // one for each instance that is not at rest
  KeptStarts kept_starts_;
  ServicePorts ports_;
  ServiceAccounts accounts_;
  FixtureGenerations fixtures_;
  std::vector<pid_t> to_reap_;
  UseId uses_ = 0;
  std::map<UseId, ServiceUser> users_;
  std::map<UseId, std::vector<std::string>> lost_;  // the services that were lost under a use
  // Red uses that are over and wait for the reply, with what they had.
  std::map<UseId, std::vector<GrantedService>> red_;
  ServiceLogs logs_;
  std::vector<Reply> replies_;
};

}  // namespace holdfast
