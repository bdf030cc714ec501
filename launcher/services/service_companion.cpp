#include "services/service_companion.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "services/port_owners.hpp"

namespace holdfast::host {
namespace {

// The time between two probes of a service that is not ready yet. A probe takes a fraction of a
// millisecond, unless it is a command.
constexpr Milliseconds k_probe_interval{20};
// When ctest has ended, the keeper has this time to end services in their order.
constexpr Milliseconds k_keeper_patience{10'000};
// If there is no keeper then, the services that depend on this one have this time to end.
constexpr Milliseconds k_dependents_patience{30'000};
// No event tells of all the ways in which a directory leaves its path: the directories above it are
// moved, and the service's working directory keeps it from ever being deleted.
constexpr Milliseconds k_tree_interval{1'000};
constexpr std::size_t k_longest_line = 4096;

}  // namespace

ServiceCompanion::ServiceCompanion(ServiceSurroundings around)
    : around_(std::move(around)),
      spec_(around_.order.spec),
      until_(os::monotonic_now() + spec_.start_timeout) {
  if (spec_.forking) last_answer_ = "its command has not gone to the background";
}

void ServiceCompanion::join(os::Wait& wait) {
  around_.output.join(wait);
  wait.on(around_.keeper.get());
  wait.on(ctest_ended_ == k_longest ? around_.ctest.get() : -1);
  if (phase_ == Phase::probing) wait.on(around_.background.get());
  if (ctest_ended_ != k_longest) wait.on(around_.dependents.get(), 0);
  if (around_.door != nullptr) around_.door->join(wait);
  if (probe_) probe_->join(wait);
  if (work_) work_->join(wait);
  const bool is_stopping = phase_ == Phase::stopping || phase_ == Phase::ending;
  if (ctest_ended_ != k_longest && !is_stopping) {
    const bool is_alone =
        !around_.keeper.valid() || os::monotonic_now() >= ctest_ended_ + k_keeper_patience;
    wait.until(ctest_ended_ + (is_alone ? k_dependents_patience : k_keeper_patience));
  }
  if (around_.tree != nullptr && !is_stopping) wait.until(next_look_at_tree_);
  if (phase_ == Phase::probing && !probe_ && !waits_for_output()) wait.until(next_probe_);
}

void ServiceCompanion::look() {
  read_output();
  hear_keeper();
  if (around_.door != nullptr) {
    around_.door->hear(
        [this](os::UniqueFd& visitor, const wire::Message& message) { receive(visitor, message); });
  }
  look_at_ctest();
  if (os::monotonic_now() >= next_look_at_tree_) look_at_tree();
  switch (phase_) {
    case Phase::probing:
      // Tests are told the pid of the main process, so it must be known.
      return is_main_known() && is_in_background() ? probe() : void();
    case Phase::initialising:
      if (!work_->go_on()) return;
      if (const std::string why = trouble_with(spec_.init); !why.empty()) return fail(why);
      return become_ready();
    case Phase::resetting:
      if (!work_->go_on()) return;
      if (const std::string why = trouble_with(spec_.reset); !why.empty()) {
        return report_health(why);
      }
      needs_reset_ = false;
      return begin_check();
    case Phase::checking:
      return check();
    case Phase::stopping:
      if (!work_->go_on()) return;
      if (const std::string why = trouble_with(spec_.stop); !why.empty()) {
        tell("holdfast: " + why + "\n");
      }
      return enter(Phase::ending, Milliseconds{0});
    case Phase::ready:
    case Phase::ending:
      return;
  }
}

// What the command, which has ended, came to; empty: all is well.
std::string ServiceCompanion::trouble_with(const ServiceCommand& words) const {
  return os::trouble_with(words.front(), work_->end());
}

void ServiceCompanion::on_main_started(pid_t main) {
  main_ = main;
  is_inside_ = main == 0;
  if (phase_ == Phase::probing && is_main_known() && is_in_background()) probe();
}

void ServiceCompanion::read_output() {
  around_.output.read([this](supervision::Stream, std::string_view part) {
    around_.log.add(part);
    if (phase_ != Phase::probing || !around_.ready_output || has_answered_) return;
    while (!part.empty() && !has_answered_) {
      const std::size_t end = std::min(part.find('\n'), part.size());
      line_.append(part, 0, std::min(end, k_longest_line - std::min(line_.size(), k_longest_line)));
      if (end == part.size()) return;
      take_line(read_line(*around_.ready_output, line_));
      line_.clear();
      part.remove_prefix(end + 1);
    }
  });
}

void ServiceCompanion::take_line(const LineOfOutput& line) {
  if (!line.no_port.empty()) {
    last_answer_ = "its output names the port \"" + brief(line.no_port) + "\", expected 1 to 65535";
  }
  if (!line.is_ready) return;
  has_answered_ = true;
  port_told_ = line.port;
  if (port_told_ == 0) return;
  // The commands and probes from now on may name the port.
  spec_ = filled(spec_, {spec_.name, around_.order.instance, {port_told_}, around_.order.scratch});
  (void)put_stop_on_record();
}

void ServiceCompanion::hear_keeper() {
  while (os::is_readable(around_.keeper.get())) {
    const os::ReceivedMessage received = os::receive_message(around_.keeper.get());
    if (received.is_over) return around_.keeper.reset();
    if (received.message) obey(*received.message);
  }
}

void ServiceCompanion::obey(const wire::Message& message) {
  if (message.kind == wire::k_had_alone) needs_reset_ = !spec_.reset.empty();
  if (message.kind == wire::k_stop) return begin_stop();
  if (phase_ != Phase::ready) return;
  if (message.kind == wire::k_check) begin_check();
  if (message.kind == wire::k_reset) {
    begin_work(spec_.reset, Phase::resetting, spec_.start_timeout);
  }
}

void ServiceCompanion::receive(os::UniqueFd& visitor, const wire::Message& message) {
  // The visitor may be of another tree at the same path.
  look_at_tree();
  if (message.kind == wire::k_stop) {
    if (around_.keeper.valid()) report_death("it was stopped by hand");
    return begin_stop();
  }
  const bool is_keeper = message.kind == wire::k_use && !around_.keeper.valid();
  if (is_keeper) around_.keeper = std::move(visitor);
  const os::UniqueFd& asker = is_keeper ? around_.keeper : visitor;
  (void)os::send_message(asker.get(), wire::to_message(state()));
}

wire::ManualState ServiceCompanion::state() const {
  wire::ManualState state;
  state.order = around_.order;
  state.phase = "ready";
  if (phase_ == Phase::probing || phase_ == Phase::initialising) state.phase = "starting";
  if (phase_ == Phase::stopping || phase_ == Phase::ending) state.phase = "stopping";
  state.main = main_;
  state.user = around_.keeper.valid() ? os::peer_process(around_.keeper.get()) : 0;
  state.needs_reset = needs_reset_;
  state.host = os::own_name();
  state.end = spec_.grace + spec_.stop_time();
  state.order.take_told(port_told_);
  return state;
}

// The keeper ends services in their order. Without a keeper the hosts see to the order.
void ServiceCompanion::look_at_ctest() {
  if (!os::is_readable(around_.ctest.get())) return;
  const Milliseconds now = os::monotonic_now();
  if (ctest_ended_ == k_longest) ctest_ended_ = now;
  if (around_.keeper.valid() && now < ctest_ended_ + k_keeper_patience) return;
  const bool are_dependents_gone =
      !around_.dependents.valid() || os::is_hung_up(around_.dependents.get());
  if (are_dependents_gone || now >= ctest_ended_ + k_dependents_patience) begin_stop();
}

// Without its tree nobody finds a service that people keep. A run that uses it may go on: its tests
// do not fail because of us.
void ServiceCompanion::look_at_tree() {
  if (around_.tree == nullptr) return;
  next_look_at_tree_ = os::monotonic_now() + k_tree_interval;
  if (around_.keeper.valid() || !is_tree_gone()) return;
  // The stop command needs a directory, and its own may have been in the tree.
  if (::access(spec_.directory.c_str(), X_OK) != 0) spec_.directory = "/";
  begin_stop();
}

// A directory without both is no build tree (find_build_tree() in journal/run_directory.hpp).
bool ServiceCompanion::is_tree_gone() const {
  const os::HeldDirectory& tree = *around_.tree;
  return tree.is_gone() ||
         (tree.lacks("CMakeCache.txt") && tree.lacks(std::string(names::k_tree_directory)));
}

// Also true for a service that does not go to the background.
bool ServiceCompanion::is_in_background() {
  if (!os::is_readable(around_.background.get())) return !around_.background.valid();
  around_.background.reset();
  last_answer_.clear();
  return true;
}

void ServiceCompanion::probe() {
  if (waits_for_output()) return;
  if (!probe_) {
    if (os::monotonic_now() < next_probe_) return;
    probe_ = has_answered_ ? begin_proof()
                           : begin_probe(spec_.ready, probed(), until_ - os::monotonic_now());
    if (!probe_) return begin_init();
  }
  if (!probe_->go_on()) return;
  const ProbeAnswer answer = std::exchange(probe_, nullptr)->answer();
  next_probe_ = os::monotonic_now() + k_probe_interval;
  switch (answer.kind) {
    case ProbeAnswer::Kind::well:
      if (has_answered_) return begin_init();
      has_answered_ = true;
      next_probe_ = Milliseconds{0};
      return probe();
    case ProbeAnswer::Kind::unwell:
      last_answer_ = answer.why;
      return;
    case ProbeAnswer::Kind::never:
      return fail(answer.why);
  }
}

// Null: there is nothing to prove.
std::unique_ptr<Probe> ServiceCompanion::begin_proof() const {
  if (const ServiceProbe proof = spec_.proof(); names_place(proof)) {
    return begin_probe(proof, probed(), until_ - os::monotonic_now());
  }
  // A command for its health stands for a port that another process has: `docker run`.
  if (port_told_ == 0 || !spec_.health.command.empty()) return nullptr;
  return begin_owner_probe(port_told_, probed());
}

void ServiceCompanion::begin_init() {
  if (spec_.init.empty()) return become_ready();
  begin_work(spec_.init, Phase::initialising, until_ - os::monotonic_now());
}

void ServiceCompanion::become_ready() {
  if (spec_.forking) {
    if (const pid_t service = youngest_child_of_main(); service > 0) main_ = service;
  }
  enter(Phase::ready, k_longest);
  report(ServiceNews::ready);
}

void ServiceCompanion::begin_check() {
  probe_ = begin_probe(spec_.health_probe(), probed(), spec_.health_timeout);
  enter(Phase::checking, spec_.health_timeout);
  check();
}

void ServiceCompanion::check() {
  if (!probe_->go_on()) return;
  report_health(probe_->answer().kind == ProbeAnswer::Kind::well ? "" : probe_->answer().why);
}

// If `trouble` is empty, the service is well.
void ServiceCompanion::report_health(const std::string& trouble) {
  enter(Phase::ready, k_longest);
  is_unwell_ = !trouble.empty();
  report(is_unwell_ ? ServiceNews::unhealthy : ServiceNews::healthy, trouble);
  // `trouble` may be the probe's.
  probe_.reset();
  work_.reset();
}

void ServiceCompanion::report(ServiceNews kind, const std::string& why) {
  // By now the output is there that a test caused, so it is read first.
  read_output();
  if (!around_.keeper.valid()) return;
  const wire::HostNews news{kind,  why,       around_.log.size(), around_.log.last_lines(),
                            main_, port_told_};
  (void)os::send_message(around_.keeper.get(), wire::to_message(news));
}

void ServiceCompanion::begin_stop() {
  if (phase_ == Phase::stopping || phase_ == Phase::ending) return;
  // Somebody else has ended the service, and report_death() will say how.
  if (main_ > 0 && os::is_dying(main_)) return;
  was_stopped_ = true;
  probe_.reset();
  if (spec_.stop.empty()) return enter(Phase::ending, Milliseconds{0});
  begin_work(spec_.stop, Phase::stopping, spec_.stop_time());
}

os::StopOrder ServiceCompanion::stop_order() const {
  return {spec_.name, order_of(spec_.stop, probed(), spec_.stop_time())};
}

Result<void> ServiceCompanion::put_stop_on_record() {
  if (spec_.stop.empty()) return {};
  HOLDFAST_TRY(stop_record_,
               os::write_stop_record(os::stop_record_path(around_.order.log), stop_order()));
  return {};
}

void ServiceCompanion::run_stop_if_due(bool guard_lost) {
  if (!stop_record_.valid()) return;
  bool is_done = was_stopped_;
  if (was_stopped_) {
    // The command may still run, because it made the service end.
    os::await({work_.get()});
    // In the place of a dead guard this process ended all processes below it, the command too.
    const os::BoundedEnd& end = work_->end();
    is_done = !guard_lost || end.ended_well();
  }
  if (!is_done) (void)os::run_bounded(stop_order().command);
  (void)os::remove_own(os::stop_record_path(around_.order.log));
  stop_record_.reset();
}

std::string ServiceCompanion::stranger_at_its_place() const {
  if (phase_ != Phase::probing) return {};
  std::optional<Listening> listening = listening_at(spec_.ready);
  if (!listening) listening = listening_at(spec_.health);
  for (const std::uint16_t port : around_.order.ports) {
    if (!listening) listening = listening_on(port);
  }
  return listening ? owner_of(*listening) : std::string();
}

// The service cannot become ready.
void ServiceCompanion::fail(const std::string& why) {
  // The tests that wait for the service need not wait for its end.
  report_death(why);
  probe_.reset();
  work_.reset();
  enter(Phase::ending, Milliseconds{0});
}

void ServiceCompanion::report_death(const std::string& why) {
  is_death_told_ = true;
  report(ServiceNews::died, why);
}

void ServiceCompanion::begin_work(const ServiceCommand& words, Phase phase, Milliseconds time) {
  work_ = std::make_unique<os::BoundedWork>(order_of(words, probed(), time));
  // The phase has no time of its own: BoundedWork ends the command in time.
  enter(phase, k_longest);
}

void ServiceCompanion::enter(Phase phase, Milliseconds time) {
  phase_ = phase;
  until_ = time == k_longest ? k_longest : os::monotonic_now() + time;
}

supervision::Companion::Verdict ServiceCompanion::on_deadline() {
  switch (phase_) {
    case Phase::probing:
      // A probe that still waits knows more than the one before it.
      if (probe_) {
        probe_->give_up({});
        if (!probe_->answer().why.empty()) last_answer_ = probe_->answer().why;
      }
      fail("it was not ready within " + describe(spec_.start_timeout) +
           (last_answer_.empty() ? "" : ": " + last_answer_));
      return Verdict::end_tree;
    case Phase::checking:
      probe_->give_up("no answer within " + describe(spec_.health_timeout));
      report_health(probe_->answer().why);
      return Verdict::go_on;
    case Phase::ending:
      until_ = k_longest;
      return is_unwell_ ? Verdict::end_tree : Verdict::end_without_stacks;
    case Phase::initialising:
    case Phase::resetting:
    case Phase::stopping:
    case Phase::ready:
      break;
  }
  until_ = k_longest;
  return Verdict::go_on;
}

void ServiceCompanion::finish() {
  read_output();
  around_.log.close();
}

std::vector<pid_t> ServiceCompanion::processes() const {
  const std::vector<os::Link> all = os::descendants({});
  const std::vector<pid_t> supervisors = os::inner_supervisors(all);
  std::vector<pid_t> pids;
  for (const os::Link& link : all) {
    if (!contains(supervisors, link.pid)) pids.push_back(link.pid);
  }
  return pids;
}

Probed ServiceCompanion::probed() const {
  return {[this] { return processes(); }, around_.environment, spec_.directory,
          around_.order.before};
}

// The guard knows a main process in a PID namespace only by its number inside.
bool ServiceCompanion::is_main_known() {
  if (main_ > 0 || !is_inside_) return main_ > 0;
  main_ = main_in_namespace();
  if (main_ == 0) next_probe_ = os::monotonic_now() + k_probe_interval;
  return main_ > 0;
}

pid_t ServiceCompanion::main_in_namespace() const {
  const std::vector<os::Link> all = os::descendants({});
  const std::vector<pid_t> supervisors = os::inner_supervisors(all);
  const auto main = std::ranges::find_if(all, [&](const os::Link& link) {
    return contains(supervisors, link.parent) && !contains(supervisors, link.pid);
  });
  return main == all.end() ? 0 : main->pid;
}

pid_t ServiceCompanion::youngest_child_of_main() const {
  ProcessName youngest;
  for (const os::Link& link : os::descendants({})) {
    const Result<os::ProcessStat> stat = os::read_process_stat(link.pid);
    if (link.parent != main_ || !stat || os::has_ended(*stat)) continue;
    if (stat->start >= youngest.start) youngest = {link.pid, stat->start};
  }
  return youngest.pid;
}

}  // namespace holdfast::host
