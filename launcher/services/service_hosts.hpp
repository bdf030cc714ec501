// The hosts of a run's services: starts them or finds those that people keep, tells them what to
// do, hears them, and ends them. Nothing here waits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "cleanup/orphans.hpp"
#include "os/containment/shared_network.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_file.hpp"
#include "run/run_lines.hpp"
#include "services/manual_service.hpp"
#include "services/service_instance.hpp"
#include "services/services.hpp"
#include "values/held_locks.hpp"
#include "values/service_spec.hpp"

namespace holdfast {

// The ports of one instance of a service, and their locks. Its declaration may name one port. The
// others are chosen.

// The instance keeps its ports through all its generations, until this object is destroyed. A
// process that inherits descriptors() keeps them longer.
//
// Nothing here waits. While another run has the lock of the named port, a process of its own waits
// for us in the lock's queue.
class InstancePorts {
 public:
  // Takes the ports that the instance does not have yet. False: another run has the named port. The
  // caller asks again when may_ask(); join() waits for that.
  //
  // `own` is the named port; 0: it needs no lock. The ports in `named` are not chosen. `holder`
  // signs the locks, and its process is ctest. Fails if there are not enough ports, if the wait was
  // too long, or if the wait would have no end because the run that has the port waits for us.
  Result<bool> take(const ServiceSpec& service, std::uint16_t own,
                    const std::vector<std::uint16_t>& named, const LockParty& holder);

  bool is_waiting() const { return waiting_fd() >= 0; }
  bool may_ask() const;
  void join(os::Wait& wait) const;
  // Says in words who has the named port. To be called during a wait.
  std::string obstacle() const;
  // Ends a wait, if there is one.
  void give_up();

  // The chosen ports, without the named one.
  std::vector<std::uint16_t> chosen() const;
  // The descriptors that hold the locks.
  std::vector<int> descriptors() const;

 private:
  // -1: there is no wait.
  int waiting_fd() const { return named_ && !has_named_ ? named_->ready_fd() : -1; }
  Result<bool> take_named(std::uint16_t port, const LockParty& holder, Milliseconds patience);
  Result<bool> ask_for_named();
  Result<void> begin_waiting(LockParty holder, Milliseconds patience);

  std::optional<os::LockRequest> named_;
  bool has_named_ = false;
  Milliseconds since_{0};                // when the wait began
  Milliseconds deadline_{0};             // when it is given up
  std::vector<os::LockRequest> chosen_;  // the locks of the chosen ports
};

// yes: people keep each service that starts, so it stays when the run ends.
enum class KeepsAll : std::uint8_t { no, yes };

// Whose services they are. `lines` and `orphans` outlive the services.
struct ServicesOwner {
  std::string tree;
  ProcessName ctest;
  RunLines& lines;
  OrphanHelpers& orphans;
  KeepsAll keeps_all = KeepsAll::no;
  // Of each service that starts. `missing`: what to do if the machine does not allow it.
  Containment containment = {};
  ContainmentMissing missing = ContainmentMissing::warn;
};

class ServiceHosts {
 public:
  explicit ServiceHosts(ServicesOwner owner) : owner_(std::move(owner)) {}

  // Whether services have a network of their own, which tests that use them share.
  bool has_network() const { return owner_.containment.has(Boundary::netns); }
  // That network, which is made from now on if it is not there.
  os::SharedNetwork& network();

  // Until clear() these are the hosts of `services`, which hear what happens. `journal` is the path
  // of the run's journal; empty: nothing is recorded.
  void begin(Services& services, std::string run, std::string journal);

  void start(const ServiceOrder& order);
  void stop(const InstanceId& id);
  void send(const InstanceId& id, std::string_view kind);

  // Null: the instance has no host.
  ServiceHost* of(const InstanceId& id);
  // All of them. Some may be gone.
  const std::vector<ServiceHost>& all() const { return hosts_; }
  // The host of a generation, gone or not. Null: it had none.
  ServiceHost* of(const InstanceId& id, unsigned generation);
  // Says in words who has the port that the start of the instance waits for. Empty: it does not
  // wait for a port.
  std::string obstacle(const InstanceId& id) const;

  // Writes into the run's journal what has happened to a generation. `users` are tests.
  void record(std::string_view event, const InstanceId& id, unsigned generation,
              const std::string& why = {}, std::vector<std::string> users = {});
  void write(ServiceRecord record) const;

  // As in RunServices.
  void join(os::Wait& wait) const;
  void look();
  // To be called after look(), when all orders are carried out: forgets what is gone.
  void tidy();

  // From now on stop() leaves the services that people keep.
  void begin_end() { is_ending_ = true; }
  // True: the answer to a check of a service that people keep is still to come.
  bool is_kept_one_checked() const;
  // Returns how long the end of all services may take, one after the other.
  Milliseconds longest_end_of_all() const;
  void kill_all();
  void clear();

 private:
  // A start that waits for the answer of a host that people keep, for the network, or for a port.
  struct WaitingStart {
    ServiceOrder order;
    std::optional<ManualCall> host = {};
  };
  const ServiceSpec& spec_of(const InstanceId& id) const { return services_->specs()[id.service]; }
  ManualService kept_of(const InstanceId& id) const { return {owner_.tree, spec_of(id).name}; }
  bool goes_on(WaitingStart& start);
  void start_answered(const ServiceOrder& order, ManualAnswer answer);
  void start_own(ServiceOrder order);
  void fail_to_start(const ServiceOrder& order, const std::string& why);
  Result<bool> take_ports(const InstanceId& id);
  Result<ServiceHost> start_generation(const ServiceOrder& order);
  Result<ServiceHost> start_host_among(const InstanceId& id, wire::HostOrder order);
  bool may_be_kept(const InstanceId& id) const { return id.number == 0 && !has_network(); }
  bool is_kept(const InstanceId& id) const;
  void take_kept(ServiceOrder order, ManualAnswer answer);
  Result<void> place(wire::HostOrder& host, bool is_kept) const;
  Result<void> contain(wire::HostOrder& host);
  void end_rest_of(const ManualService& kept, const ServiceSpec& service);
  void let_go(ServiceHost& host);
  void hear(ServiceHost& host);
  void hear_message(ServiceHost& host);
  void hear_of_service(ServiceHost& host, wire::HostNews news);
  void lose(ServiceHost& host);
  void kill_late();
  void reap();

  ServicesOwner owner_;
  std::optional<os::SharedNetwork> network_{std::in_place};  // a new one after clear()
  Services* services_ = nullptr;                             // of the current run
  std::string run_;                                          // its id
  std::string journal_;
  bool is_ending_ = false;
  std::set<std::size_t> in_use_elsewhere_;  // kept services that another run uses
  std::vector<WaitingStart> starts_;
  std::vector<ServiceHost> hosts_;  // one for each instance that is not at rest
  std::vector<ServiceHost> gone_;   // those of earlier generations
  // They are held until clear(), so that no other run gets in between two generations.
  std::map<InstanceId, InstancePorts> ports_;
  std::vector<pid_t> to_reap_;
};

}  // namespace holdfast
