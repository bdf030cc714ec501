#include "keeper/service.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/policy.hpp"
#include "keeper/orphans.hpp"
#include "keeper/stuck_pairs.hpp"
#include "os/clock.hpp"
#include "os/packet_socket.hpp"
#include "os/process.hpp"
#include "os/system_call.hpp"

namespace holdfast {
namespace {

// An include count before any launcher has told one.
constexpr unsigned k_count_not_known = 0;
// A launcher or guard ends its tree within the grace; beyond it, this long is waited for it.
constexpr Milliseconds k_dismissal_patience{2000};
// How much longer than the grace a guard may take whose launcher is dead.
constexpr Milliseconds k_guard_patience{7000};
// ctest's clock may be behind when it starts a test: it looks at it once for all it starts.
constexpr Milliseconds k_ctest_clock_slack{1000};

int time_until(Milliseconds point) {
  if (point == k_longest) return -1;
  const Milliseconds left = point - os::monotonic_now();
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

wire::Message refusal(const std::string& why) {
  wire::Message message;
  message.kind = wire::k_refusal;
  message.add("why", why);
  return message;
}

}  // namespace

Service::Service(const KeeperOrder& order, os::UniqueFd listener, os::UniqueFd ctest)
    : order_(order),
      listener_(std::move(listener)),
      ctest_(std::move(ctest)),
      lines_(order_.ctest) {
  if (order_.starter == KeeperOrder::Starter::launcher) {
    lines_.hold_stderr();
  } else {
    // Before the first test: a run in which no test asks for anything is a run too.
    run_of(k_count_not_known, nullptr);
  }
  if (order_.settings && !order_.settings->note().empty()) lines_.say(order_.settings->note());
}

void Service::run() {
  while (!ctest_ended_) wait_for_news();
  finish_after_ctest();
}

void Service::wait_for_news() {
  std::vector<pollfd> fds{{ctest_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  Milliseconds next = lines_.due();
  for (const Connection& connection : connections_) {
    fds.push_back({connection.socket.get(), POLLIN, 0});
    fds.push_back({connection.launcher_life.get(), POLLIN, 0});
    next = std::min(next, connection.guard_until);
  }
  if (::poll(fds.data(), fds.size(), time_until(next)) < 0) return;
  const std::size_t polled = connections_.size();
  for (std::size_t i = 0; i < polled; ++i) {
    const short news = fds[2 * i + 2].revents;
    if (news != 0) attend_to(connections_[i], news);
    if (fds[2 * i + 3].revents != 0) expect_end_of(connections_[i]);
    if (connections_[i].guard_until != k_longest) hurry_guard_of(connections_[i]);
  }
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(),
                                    [](const Connection& c) { return !c.socket.valid(); }),
                     connections_.end());
  reap_helpers(WNOHANG);
  if (fds[1].revents != 0) accept_one();
  ctest_ended_ = ctest_ended_ || fds[0].revents != 0;
  if (!ctest_ended_ && os::monotonic_now() >= lines_.due()) lines_.say_held_back();
}

// The launcher is dead: its guard ends the test, unless it is stopped.
void Service::expect_end_of(Connection& connection) {
  if (!connection.launcher_life.valid()) return;
  connection.launcher_life.reset();
  connection.guard_until = os::monotonic_now() + connection.grace + k_guard_patience;
}

void Service::hurry_guard_of(Connection& connection) {
  if (os::monotonic_now() < connection.guard_until) return;
  connection.guard_until = k_longest;
  (void)kill_forsaken_guard({order_.ctest, include_count_}, connection.test);
}

void Service::accept_one() {
  Result<os::UniqueFd> socket = os::accept_from(listener_);
  if (!socket) return;
  // The directory is 0700, so nobody else gets here; root may, and is welcome.
  const Result<uid_t> user = os::peer_user(*socket);
  if (!user || (*user != ::geteuid() && *user != 0)) return;
  Connection connection;
  connection.socket = std::move(*socket);
  connections_.push_back(std::move(connection));
}

void Service::attend_to(Connection& connection, short news) {
  while (serve(connection)) {
    // Nobody is at the other end any more: what is left to read is there, and so is its end.
    if ((news & POLLHUP) == 0) return;
  }
  connection.socket.reset();
  // A guard that keeps leftovers stays after the farewell; we have killed it with them alive.
  const bool is_over = connection.farewell && !guards_killed_;
  if (connection.attempt.empty() || is_over) return;
  // Launcher and guard have both the other end: both are dead, and neither said that it was
  // through.
  const KilledBy killer = killer_of(connection);
  const pid_t helper =
      look_after_orphan(std::move(connection), run_ ? run_->journal() : std::string{}, killer);
  if (helper > 0) helpers_.insert(helper);
  connection = {};
}

// ctest kills launcher, guard and test at once when its own limit is over, and nobody else does:
// not a ctest that dies, nor one whose limit is not over.
KilledBy Service::killer_of(const Connection& connection) const {
  const bool is_over =
      os::age_of(connection.launcher) + k_ctest_clock_slack >= connection.soonest_end;
  return is_over && !ctest_died() ? KilledBy::ctest : KilledBy::stranger;
}

void Service::reap_helpers(int options) {
  for (auto helper = helpers_.begin(); helper != helpers_.end();) {
    const bool ended = os::retried([&] { return ::waitpid(*helper, nullptr, options); }) == *helper;
    helper = ended ? helpers_.erase(helper) : std::next(helper);
  }
}

bool Service::serve(Connection& connection) {
  Result<os::PacketWithDescriptor> received = os::receive_with_descriptor(connection.socket.get());
  if (!received || received->packet.empty()) return false;
  const Result<wire::Message> message = wire::decode(received->packet);
  if (message && message->kind == wire::k_hold) {
    if (received->descriptor.valid()) connection.locks.push_back(std::move(received->descriptor));
    return true;
  }
  if (message && message->kind == wire::k_contain) {
    connection.contained = std::move(received->descriptor);
    connection.cgroup = message->get("cgroup");
    return true;
  }
  const wire::Message reply =
      message ? answer(*message, connection) : refusal("failed to " + message.error().message);
  if (reply.kind.empty()) return true;
  if (os::send_packet(connection.socket.get(), wire::encode(reply))) {
    if (!connection.attempt.empty())
      connection.launcher_life = os::watch_living(connection.launcher.pid);
    return true;
  }
  // The launcher has given us up and runs its test by itself: what we granted it never had.
  if (message && message->kind == wire::k_request) connection.attempt.clear();
  return false;
}

wire::Message Service::answer(const wire::Message& message, Connection& asker) {
  if (message.kind == wire::k_request) {
    Result<wire::AttemptRequest> request = wire::to_request(message);
    return request ? grant(*request, asker) : refusal("failed to " + request.error().message);
  }
  if (message.kind == wire::k_farewell) {
    asker.farewell = true;
    asker.launcher_life.reset();
    asker.guard_until = k_longest;
    if (run_ && run_->scratch() != nullptr && !message.get("scratch").empty()) {
      run_->scratch()->give_back(std::exchange(asker.scratch, {}));
    }
    asker.locks.clear();
    asker.contained.reset();
    return {};
  }
  if (message.kind == wire::k_say) {
    lines_.say_for(asker.test, message);
    return {};
  }
  if (message.kind == wire::k_end) return end_of_run(asker);
  if (message.kind == wire::k_status) return status();
  return refusal("a " + message.kind + " message is not understood");
}

wire::Message Service::grant(const wire::AttemptRequest& request, Connection& asker) {
  Run& run = run_of(request.include_count, &asker);
  Result<ResolvedPolicy> resolved = order_.settings
                                        ? order_.settings->resolve(request.test, request.properties)
                                        : Result<ResolvedPolicy>(order_.settings.error());
  wire::AttemptGrant granted;
  granted.run = run.id();
  granted.attempt = run.next_attempt();
  granted.journal = run.journal();
  if (ScratchPool* scratch = run.scratch(); scratch != nullptr) {
    granted.scratch = asker.scratch = scratch->lend();
    if (asker.scratch.empty()) lines_.say_once(scratch->trouble());
  }
  asker.attempt = granted.attempt;
  asker.test = request.test;
  asker.key = request.key;
  asker.launcher = request.launcher;
  asker.soonest_end = request.soonest_end;
  if (resolved) {
    for (const std::string& warning : resolved->warnings) {
      lines_.say_once("\"" + request.test + "\": " + warning);
    }
    granted.policy = std::move(resolved->policy);
    asker.grace = granted.policy.grace;
  } else {
    granted.refusal = resolved.error().message;
  }
  return wire::to_message(granted);
}

// `ctest -S` reads the tests anew for each ctest_test(): another include count is another run.
Run& Service::run_of(unsigned include_count, const Connection* asker) {
  if (run_ && include_count_ != k_count_not_known && include_count_ != include_count) {
    roll_over(asker);
  }
  if (!run_) {
    run_ = Run::begin({order_.tree, order_.ctest}, ++runs_);
    run_ended_ = false;
    if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  }
  if (include_count_ != include_count) {
    // ctest opens its log before the first test asks, and not again in this run.
    if (std::optional<CtestLog> log = find_ctest_log(order_.ctest)) run_->note_ctest_log(*log);
  }
  include_count_ = include_count;
  return *run_;
}

std::string Service::finish_run(Run::Completeness completeness) {
  std::string summary = run_->finish(completeness);
  if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  return summary;
}

void Service::roll_over(const Connection* asker) {
  dismiss_connections(asker);
  if (!run_ended_) {
    const std::string summary = finish_run(Run::Completeness::complete);
    lines_.print(summary);
  }
  run_.reset();
}

wire::Message Service::end_of_run(const Connection& asker) {
  lines_.say_held_back();
  dismiss_connections(&asker);
  if (!run_) run_of(k_count_not_known, &asker);
  if (!run_->ctest_log()) {
    if (std::optional<CtestLog> log = find_ctest_log(order_.ctest)) run_->note_ctest_log(*log);
  }
  wire::Message reply;
  reply.kind = wire::k_end;
  reply.add("summary", finish_run(Run::Completeness::complete));
  run_ended_ = true;
  return reply;
}

wire::Message Service::status() const {
  wire::Message reply;
  reply.kind = wire::k_status;
  reply.add("tree", order_.tree);
  reply.add("ctest", to_text(order_.ctest));
  if (run_) reply.add("run", run_->id());
  if (run_) reply.add("journal", run_->journal());
  return reply;
}

void Service::dismiss_connections(const Connection* asker) {
  wire::Message over;
  over.kind = wire::k_end;
  const std::string packet = wire::encode(over);
  for (const Connection& connection : connections_) {
    // Usually only a guard that keeps leftovers is still there: launchers end with their tests.
    if (&connection != asker && connection.socket.valid()) {
      (void)os::send_packet(connection.socket.get(), packet);
    }
  }
  // A launcher that is stopped keeps its guard from ending the tree, and a stopped guard keeps it
  // alive itself.
  const RunOfCtest run{order_.ctest, include_count_};
  bool all_gone = wait_for_connections(asker);
  if (!all_gone && kill_launchers_of(run)) all_gone = wait_for_connections(asker);
  if (!all_gone && kill_guards_of(run)) {
    guards_killed_ = true;
    (void)wait_for_connections(asker);
  }
  reap_helpers(0);
}

bool Service::wait_for_connections(const Connection* asker) {
  Milliseconds grace{0};
  for (const Connection& connection : connections_) grace = std::max(grace, connection.grace);
  const Milliseconds until = os::monotonic_now() + grace + k_dismissal_patience;
  while (true) {
    std::vector<pollfd> fds;
    for (const Connection& connection : connections_) {
      fds.push_back({&connection == asker ? -1 : connection.socket.get(), POLLIN, 0});
    }
    if (std::none_of(fds.begin(), fds.end(), [](const pollfd& p) { return p.fd >= 0; }))
      return true;
    const Milliseconds left = until - os::monotonic_now();
    if (left.count() <= 0) return false;
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) <= 0) return false;
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd >= 0 && fds[i].revents != 0) attend_to(connections_[i], fds[i].revents);
    }
  }
}

// ctest renames its log when it is through; a log that still has its working name was left by a
// ctest that died.
bool Service::ctest_died() const {
  pollfd ended{ctest_.get(), POLLIN, 0};
  if (::poll(&ended, 1, 0) != 1) return false;
  return run_ && run_->ctest_log() && ::access(run_->ctest_log()->file.c_str(), F_OK) == 0;
}

void Service::finish_after_ctest() {
  lines_.ctest_has_ended();
  if (ctest_died()) {
    lines_.say_end_of_ctest(running_tests());
  } else {
    lines_.say_held_back();
  }
  // Who reads ctest's output to its end must not wait for what is still to be tidied up.
  if (!connections_.empty()) lines_.let_go();
  dismiss_connections(nullptr);
  if (run_ && !run_ended_) {
    const std::string summary =
        finish_run(ctest_died() ? Run::Completeness::incomplete : Run::Completeness::complete);
    lines_.print(summary);
  }
}

std::vector<std::string> Service::running_tests() const {
  std::vector<std::string> running;
  for (const Connection& connection : connections_) {
    if (!connection.attempt.empty() && !connection.farewell) running.push_back(connection.test);
  }
  return running;
}

}  // namespace holdfast
