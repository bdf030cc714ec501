#include "keeper/service.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/policy.hpp"
#include "keeper/live_lines.hpp"
#include "keeper/orphans.hpp"
#include "os/clock.hpp"
#include "os/packet_socket.hpp"
#include "os/system_call.hpp"

namespace holdfast {
namespace {

// An include count before any launcher has told one.
constexpr unsigned k_count_not_known = 0;
// A guard ends what it kept within the grace; then it is not waited for any longer.
constexpr Milliseconds k_dismissal_patience = k_default_grace + Milliseconds{2000};

wire::Message refusal(const std::string& why) {
  wire::Message message;
  message.kind = wire::k_refusal;
  message.add("why", why);
  return message;
}

}  // namespace

Service::Service(const KeeperOrder& order, os::UniqueFd listener, os::UniqueFd ctest)
    : order_(order), listener_(std::move(listener)), ctest_(std::move(ctest)) {
  if (order_.starter == KeeperOrder::Starter::launcher) {
    stderr_ = open_stderr_of(order_.ctest);
  } else {
    // Before the first test: a run in which no test asks for anything is a run too.
    run_of(k_count_not_known, nullptr);
  }
  if (order_.settings && !order_.settings->note().empty()) say(order_.settings->note());
}

void Service::run() {
  while (!ctest_ended_) wait_for_news();
  finish_after_ctest();
}

void Service::wait_for_news() {
  std::vector<pollfd> fds{{ctest_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  for (const Connection& connection : connections_) {
    fds.push_back({connection.socket.get(), POLLIN, 0});
  }
  if (::poll(fds.data(), fds.size(), -1) < 0) return;
  const std::size_t polled = connections_.size();
  for (std::size_t i = 0; i < polled; ++i) {
    if (fds[i + 2].revents != 0) attend_to(connections_[i]);
  }
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(),
                                    [](const Connection& c) { return !c.socket.valid(); }),
                     connections_.end());
  reap_helpers(WNOHANG);
  if (fds[1].revents != 0) accept_one();
  ctest_ended_ = ctest_ended_ || fds[0].revents != 0;
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

void Service::attend_to(Connection& connection) {
  if (serve(connection)) return;
  connection.socket.reset();
  if (connection.attempt.empty() || connection.farewell) return;
  // Launcher and guard have both the other end: both are dead, and neither said that it was
  // through.
  const pid_t helper =
      look_after_orphan(std::move(connection), run_ ? run_->journal() : std::string{});
  if (helper > 0) helpers_.insert(helper);
  connection = {};
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
  const wire::Message reply =
      message ? answer(*message, connection) : refusal("failed to " + message.error().message);
  if (reply.kind.empty()) return true;
  if (os::send_packet(connection.socket.get(), wire::encode(reply))) return true;
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
    if (run_ && run_->scratch() != nullptr && !message.get("scratch").empty()) {
      run_->scratch()->give_back(std::exchange(asker.scratch, {}));
    }
    asker.locks.clear();
    return {};
  }
  if (message.kind == wire::k_say) {
    const std::string line(message.get("line"));
    if (message.get("once").empty()) {
      say(line);
    } else {
      say_once(line);
    }
    return {};
  }
  if (message.kind == wire::k_end) return end_of_run(asker);
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
    if (asker.scratch.empty()) say_once(scratch->trouble());
  }
  asker.attempt = granted.attempt;
  asker.test = request.test;
  asker.key = request.key;
  if (resolved) {
    for (const std::string& warning : resolved->warnings) {
      say_once("\"" + request.test + "\": " + warning);
    }
    granted.policy = std::move(resolved->policy);
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
    if (!run_->trouble().empty()) say_once(run_->trouble());
  }
  if (include_count_ != include_count) {
    // ctest opens its log before the first test asks, and not again in this run.
    if (std::optional<CtestLog> log = find_ctest_log(order_.ctest)) run_->note_ctest_log(*log);
  }
  include_count_ = include_count;
  return *run_;
}

void Service::roll_over(const Connection* asker) {
  dismiss_connections(asker);
  if (!run_ended_) {
    const std::string summary = run_->finish(Run::Completeness::complete);
    if (stderr_.valid()) (void)::write(stderr_.get(), summary.data(), summary.size());
  }
  run_.reset();
}

wire::Message Service::end_of_run(const Connection& asker) {
  dismiss_connections(&asker);
  if (!run_) run_of(k_count_not_known, &asker);
  if (!run_->ctest_log()) {
    if (std::optional<CtestLog> log = find_ctest_log(order_.ctest)) run_->note_ctest_log(*log);
  }
  wire::Message reply;
  reply.kind = wire::k_end;
  reply.add("summary", run_->finish(Run::Completeness::complete));
  run_ended_ = true;
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
  const Milliseconds until = os::monotonic_now() + k_dismissal_patience;
  while (true) {
    std::vector<pollfd> fds;
    for (const Connection& connection : connections_) {
      fds.push_back({&connection == asker ? -1 : connection.socket.get(), POLLIN, 0});
    }
    if (std::none_of(fds.begin(), fds.end(), [](const pollfd& p) { return p.fd >= 0; })) break;
    const Milliseconds left = until - os::monotonic_now();
    if (left.count() <= 0) break;
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) <= 0) break;
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd >= 0 && fds[i].revents != 0) attend_to(connections_[i]);
    }
  }
  reap_helpers(0);
}

// ctest renames its log when it is through; a log that still has its working name was left by a
// ctest that died.
bool Service::ctest_died() const {
  return run_ && run_->ctest_log() && ::access(run_->ctest_log()->file.c_str(), F_OK) == 0;
}

void Service::finish_after_ctest() {
  // Who reads ctest's output to its end must not wait for what is still to be tidied up.
  if (!connections_.empty()) stderr_.reset();
  dismiss_connections(nullptr);
  if (run_ && !run_ended_) {
    const std::string summary =
        run_->finish(ctest_died() ? Run::Completeness::incomplete : Run::Completeness::complete);
    if (stderr_.valid()) (void)::write(stderr_.get(), summary.data(), summary.size());
  }
}

void Service::say(std::string_view text) {
  // What the last test had to say often comes when ctest is gone already.
  if (stderr_.valid()) return write_live_line(stderr_, text);
  write_live_line(open_stderr_of(order_.ctest), text);
}

void Service::say_once(const std::string& text) {
  if (said_.insert(text).second) say(text);
}

}  // namespace holdfast
