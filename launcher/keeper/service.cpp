#include "keeper/service.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "core/policy.hpp"
#include "keeper/live_lines.hpp"
#include "os/clock.hpp"
#include "os/packet_socket.hpp"

namespace holdfast {
namespace {

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
  if (order_.starter == KeeperOrder::Starter::launcher) stderr_ = open_stderr_of(order_.ctest);
}

void Service::run() {
  while (!ctest_ended_) wait_for_news();
  finish_after_ctest();
}

void Service::wait_for_news() {
  std::vector<pollfd> fds{{ctest_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  for (const os::UniqueFd& connection : connections_) fds.push_back({connection.get(), POLLIN, 0});
  if (::poll(fds.data(), fds.size(), -1) < 0) return;
  const std::size_t polled = connections_.size();
  for (std::size_t i = 0; i < polled; ++i) {
    if (fds[i + 2].revents != 0 && !serve(connections_[i])) connections_[i].reset();
  }
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(),
                                    [](const os::UniqueFd& c) { return !c.valid(); }),
                     connections_.end());
  if (fds[1].revents != 0) accept_all();
  ctest_ended_ = fds[0].revents != 0;
}

void Service::accept_all() {
  Result<os::UniqueFd> connection = os::accept_from(listener_);
  if (!connection) return;
  // The directory is 0700, so nobody else gets here; root may, and is welcome.
  const Result<uid_t> user = os::peer_user(*connection);
  if (user && (*user == ::geteuid() || *user == 0)) connections_.push_back(std::move(*connection));
}

bool Service::serve(const os::UniqueFd& connection) {
  const Result<std::string> packet = os::receive_packet(connection.get());
  if (!packet) return false;
  if (packet->empty()) return false;
  const Result<wire::Message> message = wire::decode(*packet);
  const wire::Message reply = message ? answer(*message, connection.get())
                                      : refusal("failed to " + message.error().message);
  if (reply.kind.empty()) return true;
  return static_cast<bool>(os::send_packet(connection.get(), wire::encode(reply)));
}

wire::Message Service::answer(const wire::Message& message, int asker) {
  if (message.kind == wire::k_request) {
    Result<wire::AttemptRequest> request = wire::to_request(message);
    return request ? grant(*request, asker) : refusal("failed to " + request.error().message);
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

wire::Message Service::grant(const wire::AttemptRequest& request, int asker) {
  Run& run = run_of(request.include_count, asker);
  Result<ResolvedPolicy> resolved = resolve(request.properties, {});
  wire::AttemptGrant granted;
  granted.run = run.id();
  granted.attempt = run.next_attempt();
  granted.journal = run.journal();
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
Run& Service::run_of(unsigned include_count, int asker) {
  if (run_ && include_count_ != 0 && include_count_ != include_count) roll_over(asker);
  if (!run_) {
    run_ = Run::begin({order_.tree, order_.ctest}, ++runs_);
    run_ended_ = false;
    if (!run_->trouble().empty()) say_once(run_->trouble());
  }
  include_count_ = include_count;
  if (!run_->ctest_log()) {
    if (std::optional<CtestLog> log = find_ctest_log(order_.ctest)) run_->note_ctest_log(*log);
  }
  return *run_;
}

void Service::roll_over(int asker) {
  dismiss_connections(asker);
  if (!run_ended_) {
    const std::string summary = run_->finish(Run::Completeness::complete);
    if (stderr_.valid()) (void)::write(stderr_.get(), summary.data(), summary.size());
  }
  run_.reset();
}

wire::Message Service::end_of_run(int asker) {
  dismiss_connections(asker);
  // No test asked for anything: the run is one of tests that did not go through Holdfast.
  if (!run_) run_of(0, asker);
  wire::Message reply;
  reply.kind = wire::k_end;
  reply.add("summary", run_->finish(Run::Completeness::complete));
  run_ended_ = true;
  return reply;
}

void Service::dismiss_connections(int asker) {
  wire::Message over;
  over.kind = wire::k_end;
  const std::string packet = wire::encode(over);
  std::vector<pollfd> fds;
  for (const os::UniqueFd& connection : connections_) {
    if (connection.get() == asker) continue;
    // Only a guard that keeps leftovers is still there: launchers have ended with their tests.
    (void)os::send_packet(connection.get(), packet);
    fds.push_back({connection.get(), POLLIN, 0});
  }
  const Milliseconds until = os::monotonic_now() + k_dismissal_patience;
  while (std::any_of(fds.begin(), fds.end(), [](const pollfd& p) { return p.fd >= 0; })) {
    const Milliseconds left = until - os::monotonic_now();
    if (left.count() <= 0) break;
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) <= 0) break;
    for (pollfd& polled : fds) {
      if (polled.fd < 0 || polled.revents == 0) continue;
      const Result<std::string> packet_or_end = os::receive_packet(polled.fd);
      if (!packet_or_end || packet_or_end->empty()) polled.fd = -1;
    }
  }
}

void Service::finish_after_ctest() {
  if (run_ && !run_ended_) {
    // ctest renames its log when it is through; a log that still has its working name was left
    // by a ctest that died.
    const std::optional<CtestLog>& log = run_->ctest_log();
    const bool died = log && ::access(log->file.c_str(), F_OK) == 0;
    const std::string summary =
        run_->finish(died ? Run::Completeness::incomplete : Run::Completeness::complete);
    if (stderr_.valid()) (void)::write(stderr_.get(), summary.data(), summary.size());
  }
  stderr_.reset();
  dismiss_connections(-1);
}

void Service::say(std::string_view text) { write_live_line(open_stderr_of(order_.ctest), text); }

void Service::say_once(const std::string& text) {
  if (said_.insert(text).second) say(text);
}

}  // namespace holdfast
