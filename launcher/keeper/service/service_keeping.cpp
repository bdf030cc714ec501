#include "keeper/service/service_keeping.hpp"

#include <fmt/core.h>
#include <signal.h>

#include "keeper/base/run_lines.hpp"
#include "keeper/left/orphans.hpp"
#include "keeper/run/run.hpp"
#include "keeper/service/kept_service.hpp"
#include "keeper/service/run_services.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/wait.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "os/process/stop_record.hpp"
#include "os/process/tagged_processes.hpp"
#include "os/signal/signals.hpp"

namespace holdfast {
namespace {

// A service may end so much later than its host says.
constexpr Milliseconds k_end_patience{5'000};
// The grace for what a killed host has left. The grace of the service is not known any more.
constexpr Milliseconds k_grace{5'000};

// Waits. True: the other end was closed in time.
bool hangs_up(const os::UniqueFd& connection, Milliseconds patience) {
  return os::wait_for(connection.get(), os::monotonic_now() + patience, 0);
}

// Ends what is left when host and guard are gone. Fails if a process stays, or the stop command
// fails.
Result<void> end_rest(const KeptService& kept, unsigned generation) {
  os::TaggedProcesses left(kept.attempt_of(generation));
  const std::vector<os::NamedProcess> survivors = os::end_processes(left, {SIGTERM, k_grace, {}});
  const std::optional<os::LeftStop> stop =
      os::run_left_stop(os::stop_record_path(kept.log_of(generation)), os::k_end_of_holders);
  if (!survivors.empty()) {
    return Error{fmt::format("end {} (pid {})", survivors.front().name, survivors.front().pid)};
  }
  return stop && !stop->trouble.empty() ? ErrorInWords{stop->trouble} : Result<void>();
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

// Those that end a command that a person has started.
constexpr os::SignalSet k_ending_signals = os::signal_bit(SIGINT) | os::signal_bit(SIGTERM) |
                                           os::signal_bit(SIGHUP) | os::signal_bit(SIGQUIT);

std::vector<unsigned> last_generations(const std::string& tree,
                                       const std::vector<ServiceSpec>& declared) {
  std::vector<unsigned> generations;
  for (const ServiceSpec& service : declared) {
    generations.push_back(KeptService(tree, service.name).last_generation());
  }
  return generations;
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
  std::vector<ServiceSpec> all = declared;
  for (ServiceSpec& service : all) {
    service.eager = false;
    service.instances = 1;
    // People say when it starts anew.
    if (service.name == name) service.max_restarts = 0;
  }
  return all;
}

}  // namespace

Result<void> start_kept(const std::string& tree, const std::vector<ServiceSpec>& declared,
                        const std::string& name) {
  const KeptService kept(tree, name);
  if (kept.is_noted()) {
    HOLDFAST_DO(end_rest(kept, kept.last_generation()));
  }
  const std::vector<unsigned> before = last_generations(tree, declared);
  (void)os::change_signal_mask(SIG_BLOCK, k_ending_signals);
  const Result<os::UniqueFd> signals = os::watch_signals(k_ending_signals);
  const ProcessName own = os::own_name();
  RunLines lines(own);
  OrphanHelpers orphans;
  Run run =
      Run::begin({.tree = tree, .ctest = own, .lock_trouble = {}, .whose = RunsOf::people}, 1);
  RunServices services(needed_for(name, declared), {tree, own, lines, orphans, KeepsAll::yes});
  services.begin(run);
  services.ask({to_text(own), "holdfast service start"}, {{name}});
  const std::optional<wire::Message> reply =
      wait_for_reply(services, signals ? signals->get() : -1);
  services.end();
  orphans.reap_helpers(OrphanHelpers::Reap::all);
  run.finish_without_tests();
  if (!reply) {
    end_what_was_begun(tree, declared, before);
    const int signal = os::take_pending(k_ending_signals).number;
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
  const KeptService kept(tree, name);
  const bool was_kept = kept.is_noted();
  const KeptAnswer now = kept.ask(wire::k_state);
  if (!was_kept && !now.connection.valid()) return false;
  // From now on, a run that used the service starts an instance of its own.
  kept.forget();
  unsigned generation = kept.last_generation();
  if (now.connection.valid()) {
    generation = now.state.order.generation;
    const os::UniqueFd host = os::watch_living(now.state.host.pid);
    const KeptAnswer told = kept.ask(wire::k_stop);
    if (!hangs_up(now.connection, now.state.end + k_end_patience)) {
      // A host that is stopped keeps its guard from ending the service.
      (void)os::send_signal(host.get(), SIGKILL);
      (void)hangs_up(now.connection, k_end_patience);
    }
  }
  HOLDFAST_DO(end_rest(kept, generation));
  // A host that was killed has left its socket.
  os::remove_if_dead(kept.socket());
  return true;
}

}  // namespace holdfast
