#include "services/services_of_people.hpp"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>

#include "base/text.hpp"
#include "cleanup/orphans.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/execute.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "os/process/stop_record.hpp"
#include "os/process/tagged_processes.hpp"
#include "os/signal/signals.hpp"
#include "run/connections.hpp"
#include "run/keeper_socket.hpp"
#include "run/run_lines.hpp"
#include "services/manual_service.hpp"
#include "services/run_services.hpp"
#include "settings/wire.hpp"

namespace holdfast {
namespace {

// With the records of a run that has no tests. `owner` is in the place of ctest.
struct PeoplesServices {
  PeoplesServices(const std::string& tree, const ProcessName& owner,
                  std::vector<ServiceSpec> declared, KeepsAll keeps, const Policy& policy)
      : lines(owner),
        run(Run::begin({.tree = tree, .ctest = owner, .lock_trouble = {}, .whose = RunsOf::people},
                       1)),
        services(std::move(declared), {tree, owner, lines, orphans, keeps, policy.containment,
                                       policy.containment_missing}) {
    services.begin(run);
  }

  // Waits until nothing of them is left, but for those that are kept.
  void end() {
    services.end();
    orphans.reap_helpers(OrphanHelpers::Reap::all);
    run.finish_without_tests();
  }

  RunLines lines;
  OrphanHelpers orphans;
  Run run;
  RunServices services;
};

// When the launcher is dead, its guard has this time to end the command. A stopped guard never
// does.
constexpr Milliseconds k_guard_patience{60'000};

// Only the services start that the command names.
std::vector<ServiceSpec> none_eager(std::vector<ServiceSpec> services) {
  for (ServiceSpec& service : services) service.eager = false;
  return services;
}

class CommandServices {
 public:
  CommandServices(const CommandServicesOrder& order, os::UniqueFd link, os::UniqueFd launcher)
      : launcher_(std::move(launcher)),
        all_(order.tree, order.launcher, none_eager(order.declared), KeepsAll::no, order.policy) {
    asker_.socket = std::move(link);
    asker_.attempt = to_text(order.launcher);
    asker_.test = order.name;
    asker_.launcher = order.launcher;
    asker_.services = order.policy.services;
  }

  // Blocks until the command is over and nothing of its services is left.
  void run() {
    while (!is_over_ && os::monotonic_now() < until_) wait_for_news();
    all_.end();
    if (all_.services.lock_ports()) os::remove_unused_port_locks();
  }

 private:
  void wait_for_news() {
    const int launcher = until_ == k_longest ? launcher_.get() : -1;
    os::Wait wait({asker_.socket.get(), launcher}, until_);
    all_.services.join(wait);
    if (wait.go() < 0) return;
    if (wait.news(asker_.socket.get()) != 0) hear();
    if (wait.news(launcher) != 0) {
      until_ = os::monotonic_now() + k_guard_patience;
      all_.lines.ctest_has_ended();
    }
    all_.services.look();
    for (const RunServices::Reply& reply : all_.services.take_replies()) {
      send(reply.message);
    }
    if (asker_.awaits_network) {
      asker_.awaits_network = !send_network(asker_.socket.get(), all_.services.network());
    }
    all_.orphans.reap_helpers(OrphanHelpers::Reap::those_through);
  }

  void hear() {
    const os::ReceivedMessage received = os::receive_message(asker_.socket.get());
    const Result<wire::Message>& message = received.message;
    is_over_ = received.is_over || (message && message->kind == wire::EndAnswer::k_kind);
    if (!message) return;
    if (message->kind == wire::k_network) asker_.awaits_network = true;
    const std::optional<wire::Message> reply = all_.services.answer(*message, asker_);
    if (reply && !reply->kind.empty()) send(*reply);
  }

  void send(const wire::Message& message) { (void)os::send_message(asker_.socket.get(), message); }

  os::UniqueFd launcher_;  // its pidfd
  PeoplesServices all_;
  Connection asker_;
  bool is_over_ = false;
  Milliseconds until_ = k_longest;  // when the services end at the latest
};

// The process, from beginning to end.
[[noreturn]] void look_after_services(const CommandServicesOrder& order, os::UniqueFd link) {
  ::setsid();
  os::take_signals();
  os::allow_many_descriptors();
  os::close_all_but({0, 1, 2, link.get()});
  os::leave_standard_streams();
  os::log_as("keeper");
  show_as_keeper(order.tree, order.launcher);
  Result<os::UniqueFd> launcher = os::watch_process(order.launcher);
  if (launcher && ::chdir("/") == 0) {
    CommandServices(order, std::move(link), std::move(*launcher)).run();
  }
  ::_exit(0);
}

}  // namespace

Result<os::UniqueFd> start_command_services(const CommandServicesOrder& order) {
  HOLDFAST_TRY(auto ends, os::packet_pair());
  if (!os::fork_away([&] { look_after_services(order, std::move(ends.second)); })) {
    return os::system_error("start the keeper of the services");
  }
  return std::move(ends.first);
}

namespace {

// A service may end so much later than its host says.
constexpr Milliseconds k_end_patience{5'000};
// The grace for what a killed host has left. The grace of the service is not known any more.
constexpr Milliseconds k_grace{5'000};

// Waits. True: the other end was closed in time.
bool hangs_up(const os::UniqueFd& connection, Milliseconds patience) {
  return os::wait_for(connection.get(), os::monotonic_now() + patience, 0);
}

// Ends what is left when host and guard are gone. Fails if a process stays. Returns why the stop
// command failed that a killed host has left; empty: it did not, or there is none.
Result<std::string> end_rest(const ManualService& kept, unsigned generation) {
  os::TaggedProcesses left(kept.attempt_of(generation));
  const std::vector<os::NamedProcess> survivors = os::end_processes(left, {SIGTERM, k_grace, {}});
  const std::optional<os::LeftStop> stop =
      os::run_left_stop(os::stop_record_path(kept.log_of(generation)), os::k_end_of_holders);
  if (!survivors.empty()) {
    return Error{fmt::format("end {} (pid {})", survivors.front().name, survivors.front().pid)};
  }
  return stop ? stop->trouble : std::string();
}

// None: a signal of `signals` has come.
std::optional<wire::Message> wait_for_reply(RunServices& services, int signals) {
  while (!os::is_readable(signals)) {
    for (RunServices::Reply& reply : services.take_replies()) return std::move(reply.message);
    os::Wait wait{signals};
    services.join(wait);
    wait.go();
    services.look();
  }
  return std::nullopt;
}

std::vector<unsigned> last_generations(const std::string& tree,
                                       const std::vector<ServiceSpec>& declared) {
  return collected(declared, [&](const ServiceSpec& service) {
    return ManualService(tree, service.name).last_generation();
  });
}

// Ends the services whose last generation is a later one than `before`, the last one first.
void end_what_was_begun(const std::string& tree, const std::vector<ServiceSpec>& declared,
                        const std::vector<unsigned>& before) {
  const std::vector<unsigned> now = last_generations(tree, declared);
  for (std::size_t i = declared.size(); i-- > 0;) {
    if (now[i] > before[i]) (void)stop_kept(tree, declared[i].name);
  }
}

std::vector<ServiceSpec> needed_for(const std::string& name,
                                    const std::vector<ServiceSpec>& declared) {
  std::vector<ServiceSpec> all = none_eager(declared);
  for (ServiceSpec& service : all) {
    service.instances = 1;
    // People say when it starts anew.
    if (service.name == name) service.max_restarts = 0;
  }
  return all;
}

}  // namespace

Result<void> start_kept(const std::string& tree, const std::vector<ServiceSpec>& declared,
                        const std::string& name) {
  const ManualService kept(tree, name);
  if (kept.is_noted()) {
    HOLDFAST_TRY(const std::string trouble, end_rest(kept, kept.last_generation()));
    // The new generation is none the worse for it.
    if (!trouble.empty()) (void)os::write_all(STDERR_FILENO, said_line(trouble));
  }
  const std::vector<unsigned> before = last_generations(tree, declared);
  (void)os::change_signal_mask(SIG_BLOCK, os::k_ending_signals);
  const os::UniqueFd signals = os::watch_signals(os::k_ending_signals).value_or({});
  const ProcessName own = os::own_name();
  PeoplesServices all(tree, own, needed_for(name, declared), KeepsAll::yes, {});
  all.services.ask({to_text(own), "holdfast service start", {}, own, {{name}}});
  const std::optional<wire::Message> reply = wait_for_reply(all.services, signals.get());
  all.end();
  if (!reply) {
    end_what_was_begun(tree, declared, before);
    const int signal = os::take_pending(os::k_ending_signals).number;
    os::die_of(signal != 0 ? signal : SIGTERM);
  }
  const std::string_view why = reply->get("why");
  if (why.empty()) return {};
  kept.forget();
  std::string text(why);
  if (const std::string_view lines_told = reply->get("last_lines"); !lines_told.empty()) {
    text += fmt::format("; its last lines are in {}", kept.log_of(kept.last_generation()));
  }
  return ErrorInWords{text};
}

Result<bool> stop_kept(const std::string& tree, const std::string& name) {
  const ManualService kept(tree, name);
  const bool was_kept = kept.is_noted();
  const ManualAnswer now = kept.ask(wire::k_state);
  if (!was_kept && !now.connection.valid()) return false;
  // From now on, a run that used the service starts an instance of its own.
  kept.forget();
  unsigned generation = kept.last_generation();
  if (now.connection.valid()) {
    generation = now.state.order.generation;
    const os::UniqueFd host = os::watch_living(now.state.host.pid);
    const ManualAnswer told = kept.ask(wire::k_stop);
    if (!hangs_up(now.connection, now.state.end + k_end_patience)) {
      // A host that is stopped keeps its guard from ending the service.
      (void)os::send_signal(host.get(), SIGKILL);
      (void)hangs_up(now.connection, k_end_patience);
    }
  }
  HOLDFAST_TRY(const std::string trouble, end_rest(kept, generation));
  // A host that was killed has left its socket.
  os::remove_if_dead(kept.socket());
  if (!trouble.empty()) return ErrorInWords{trouble};
  return true;
}

}  // namespace holdfast
