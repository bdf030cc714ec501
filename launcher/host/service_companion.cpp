#include "host/service_companion.hpp"

#include <algorithm>
#include <utility>

#include "core/base/number.hpp"
#include "core/service/service_words.hpp"
#include "os/file/clock.hpp"
#include "os/process/descendants.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::host {
namespace {

// Between two looks at a service that is not ready yet. A look takes a fraction of a millisecond,
// unless it is a command.
constexpr Milliseconds k_probe_interval{20};
// After ctest has ended, for the keeper to end services in their order.
constexpr Milliseconds k_keeper_patience{10'000};
// A stop command has at least this time.
constexpr Milliseconds k_least_stop_time{5'000};
constexpr std::size_t k_longest_line = 4096;

bool is_readable(const os::UniqueFd& fd) {
  pollfd news{fd.get(), POLLIN, 0};
  return fd.valid() && ::poll(&news, 1, 0) == 1;
}

}  // namespace

ServiceCompanion::ServiceCompanion(ServiceSurroundings around)
    : around_(std::move(around)),
      spec_(around_.order.spec),
      until_(os::monotonic_now() + spec_.start_timeout) {}

void ServiceCompanion::add_descriptors(std::vector<pollfd>& fds) {
  around_.output.add_descriptors(fds);
  fds.push_back({around_.keeper.get(), POLLIN, 0});  // poll(2) leaves out -1
  fds.push_back({ctest_ended_ == k_longest ? around_.ctest.get() : -1, POLLIN, 0});
  if (probe_) probe_->add_descriptors(fds);
  if (work_ && !work_->is_done()) fds.push_back({work_->fd(), POLLIN, 0});
}

void ServiceCompanion::look() {
  read_output();
  hear_keeper();
  look_at_ctest();
  switch (phase_) {
    case Phase::probing:
      // Tests are told its number, so it must be known.
      return main_ > 0 ? probe() : void();
    case Phase::initialising:
      if (!work_->go_on()) return;
      if (const std::string why = trouble_with(spec_.init.front(), work_->end()); !why.empty()) {
        return fail(why);
      }
      return become_ready();
    case Phase::resetting:
      if (!work_->go_on()) return;
      if (const std::string why = trouble_with(spec_.reset.front(), work_->end()); !why.empty()) {
        return report_health(why);
      }
      return begin_check();
    case Phase::checking:
      return check();
    case Phase::stopping:
      if (work_->go_on()) enter(Phase::ending, Milliseconds{0});
      return;
    case Phase::ready:
    case Phase::ending:
      return;
  }
}

void ServiceCompanion::on_main_started(pid_t main) {
  main_ = main;
  if (phase_ == Phase::probing) probe();
}

void ServiceCompanion::read_output() {
  around_.output.read([this](supervision::Stream, std::string_view part) {
    around_.log.add(part);
    if (phase_ != Phase::probing || !around_.output_port || output_told_) return;
    while (!part.empty() && !output_told_) {
      const std::size_t end = std::min(part.find('\n'), part.size());
      line_.append(part, 0, std::min(end, k_longest_line - std::min(line_.size(), k_longest_line)));
      if (end == part.size()) return;
      if (const std::optional<std::uint16_t> port = around_.output_port->port_in(line_)) {
        output_told_ = true;
        port_told_ = *port;
      }
      line_.clear();
      part.remove_prefix(end + 1);
    }
  });
}

void ServiceCompanion::hear_keeper() {
  while (is_readable(around_.keeper)) {
    const Result<std::string> packet = os::receive_packet(around_.keeper.get());
    if (!packet || packet->empty()) return around_.keeper.reset();
    if (const Result<wire::Message> message = wire::decode(*packet)) obey(*message);
  }
}

void ServiceCompanion::obey(const wire::Message& message) {
  if (message.kind == wire::k_stacks) wants_stacks_ = true;
  if (message.kind == wire::k_stop) return begin_stop();
  if (phase_ != Phase::ready) return;
  if (message.kind == wire::k_check) begin_check();
  if (message.kind == wire::k_reset) {
    begin_work(spec_.reset, Phase::resetting, spec_.start_timeout);
  }
}

// While the keeper lives, it ends services in their order.
void ServiceCompanion::look_at_ctest() {
  if (!is_readable(around_.ctest)) return;
  if (ctest_ended_ == k_longest) ctest_ended_ = os::monotonic_now();
  const bool is_alone =
      !around_.keeper.valid() || os::monotonic_now() >= ctest_ended_ + k_keeper_patience;
  if (is_alone) begin_stop();
}

void ServiceCompanion::probe() {
  if (!spec_.ready.output.empty()) {
    if (output_told_) begin_init();
    return;
  }
  if (!probe_) {
    if (os::monotonic_now() < next_probe_) return;
    probe_ = begin_probe(spec_.ready, probed(), until_ - os::monotonic_now());
  }
  if (!probe_->go_on()) return;
  const ProbeAnswer answer = std::exchange(probe_, nullptr)->answer();
  next_probe_ = os::monotonic_now() + k_probe_interval;
  switch (answer.kind) {
    case ProbeAnswer::Kind::well:
      return begin_init();
    case ProbeAnswer::Kind::unwell:
      last_answer_ = answer.why;
      return;
    case ProbeAnswer::Kind::never:
      return fail(answer.why);
  }
}

void ServiceCompanion::begin_init() {
  if (spec_.init.empty()) return become_ready();
  begin_work(spec_.init, Phase::initialising, until_ - os::monotonic_now());
}

void ServiceCompanion::become_ready() {
  enter(Phase::ready, k_longest);
  wire::Message ready;
  ready.kind = wire::k_ready;
  if (port_told_ != 0) ready.add("port", std::to_string(port_told_));
  if (main_ > 0) ready.add("pid", std::to_string(main_));
  say(ready);
}

void ServiceCompanion::begin_check() {
  ServiceProbe what = spec_.health_probe();
  // The port that its output told.
  if (port_told_ != 0) {
    ServiceSpec told;
    told.health = std::move(what);
    what = filled(told, {spec_.name, around_.order.instance, {port_told_}, around_.order.scratch})
               .health;
  }
  probe_ = begin_probe(what, probed(), spec_.health_timeout);
  enter(Phase::checking, spec_.health_timeout);
  check();
}

void ServiceCompanion::check() {
  if (!probe_->go_on()) return;
  report_health(probe_->answer().kind == ProbeAnswer::Kind::well ? "" : probe_->answer().why);
}

// `trouble` is empty if it is well.
void ServiceCompanion::report_health(const std::string& trouble) {
  probe_.reset();
  work_.reset();
  enter(Phase::ready, k_longest);
  wire::Message health;
  health.kind = trouble.empty() ? wire::k_healthy : wire::k_unhealthy;
  if (!trouble.empty()) health.add("why", trouble);
  health.add("log_size", std::to_string(around_.log.size()));
  say(health);
}

void ServiceCompanion::begin_stop() {
  if (phase_ == Phase::stopping || phase_ == Phase::ending) return;
  was_stopped_ = true;
  probe_.reset();
  if (spec_.stop.empty()) return enter(Phase::ending, Milliseconds{0});
  begin_work(spec_.stop, Phase::stopping, std::max(spec_.grace, k_least_stop_time));
}

// It cannot become ready.
void ServiceCompanion::fail(const std::string& why) {
  // Whoever waits for it need not wait for its end.
  report_death(why);
  probe_.reset();
  work_.reset();
  enter(Phase::ending, Milliseconds{0});
}

void ServiceCompanion::report_death(const std::string& why) {
  is_death_told_ = true;
  wire::Message died;
  died.kind = wire::k_died;
  died.add("why", why);
  if (const std::string lines = around_.log.last_lines(); !lines.empty()) {
    died.add("last_lines", lines);
  }
  say(died);
}

void ServiceCompanion::begin_work(const ServiceCommand& words, Phase phase, Milliseconds time) {
  work_ = std::make_unique<os::BoundedWork>(order_of(words, probed(), time));
  // The runner ends the work a little later than its time. That is its own news.
  enter(phase, k_longest);
}

void ServiceCompanion::enter(Phase phase, Milliseconds time) {
  phase_ = phase;
  until_ = time == k_longest ? k_longest : os::monotonic_now() + time;
}

Milliseconds ServiceCompanion::deadline() { return until_; }

Milliseconds ServiceCompanion::look_at() {
  const bool is_stopping = phase_ == Phase::stopping || phase_ == Phase::ending;
  const bool waits_for_keeper = ctest_ended_ != k_longest && !is_stopping;
  Milliseconds next = waits_for_keeper ? ctest_ended_ + k_keeper_patience : k_longest;
  if (probe_) next = std::min(next, probe_->due());
  if (work_ && !work_->is_done()) next = std::min(next, work_->deadline());
  const bool will_probe = phase_ == Phase::probing && !probe_ && spec_.ready.output.empty();
  return will_probe ? std::min(next, next_probe_) : next;
}

supervision::Companion::Verdict ServiceCompanion::on_deadline() {
  switch (phase_) {
    case Phase::probing:
      fail("it was not ready within " + describe(spec_.start_timeout) +
           (last_answer_.empty() ? "" : ": " + last_answer_));
      return Verdict::end_tree;
    case Phase::checking:
      report_health("no answer within " + describe(spec_.health_timeout));
      return Verdict::go_on;
    case Phase::ending:
      until_ = k_longest;
      return wants_stacks_ ? Verdict::end_tree : Verdict::end_without_stacks;
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

void ServiceCompanion::tell(const std::string& text) { around_.log.add(text); }

std::vector<pid_t> ServiceCompanion::processes() const {
  const std::vector<os::Link> all = os::descendants({});
  const std::vector<pid_t> supervisors = os::inner_supervisors(all);
  std::vector<pid_t> pids;
  for (const os::Link& link : all) {
    if (!os::contains(supervisors, link.pid)) pids.push_back(link.pid);
  }
  return pids;
}

Probed ServiceCompanion::probed() const {
  return {[this] { return processes(); }, around_.environment, spec_.directory};
}

void ServiceCompanion::say(const wire::Message& message) {
  if (around_.keeper.valid()) {
    (void)os::send_packet(around_.keeper.get(), wire::encode(message));
  }
}

}  // namespace holdfast::host
