#include "keeper/service/command_services.hpp"

#include <sys/wait.h>
#include <algorithm>

#include "core/settings/wire.hpp"
#include "keeper/base/connections.hpp"
#include "keeper/base/keeper_socket.hpp"
#include "keeper/base/run_lines.hpp"
#include "keeper/left/orphans.hpp"
#include "keeper/run/run.hpp"
#include "keeper/service/run_services.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"
#include "os/file/wait.hpp"
#include "os/log/log.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/signal/signals.hpp"

namespace holdfast {
namespace {

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
      : order_(order),
        launcher_(std::move(launcher)),
        lines_(order_.launcher),
        run_(Run::begin({.tree = order_.tree,
                         .ctest = order_.launcher,
                         .lock_trouble = {},
                         .whose = RunsOf::people},
                        1)),
        services_(none_eager(order_.declared), {order_.tree, order_.launcher, lines_, orphans_}) {
    asker_.socket = std::move(link);
    asker_.attempt = to_text(order_.launcher);
    asker_.test = order_.name;
    asker_.launcher = order_.launcher;
    asker_.services = order_.uses;
  }

  // Blocks until the command is over and nothing of its services is left.
  void run() {
    services_.contain(order_.containment, order_.missing);
    services_.begin(run_);
    while (!is_over_ && os::monotonic_now() < until_) wait_for_news();
    services_.end();
    orphans_.reap_helpers(OrphanHelpers::Reap::all);
    run_.finish_without_tests();
    if (services_.lock_ports()) os::remove_unused_port_locks();
  }

 private:
  void wait_for_news() {
    const int launcher = until_ == k_longest ? launcher_.get() : -1;
    os::Wait wait({asker_.socket.get(), launcher}, until_);
    services_.join(wait);
    if (wait.go() < 0) return;
    if (wait.news(asker_.socket.get()) != 0) hear();
    if (wait.news(launcher) != 0) {
      until_ = os::monotonic_now() + k_guard_patience;
      lines_.ctest_has_ended();
    }
    services_.look();
    for (const RunServices::Reply& reply : services_.take_replies()) {
      if (reply.use == asker_.use) send(reply.message);
    }
    if (asker_.awaits_network) {
      asker_.awaits_network = !send_network(asker_.socket.get(), services_.network());
    }
    orphans_.reap_helpers(OrphanHelpers::Reap::those_through);
  }

  void hear() {
    const os::ReceivedMessage received = os::receive_message(asker_.socket.get());
    const Result<wire::Message>& message = received.message;
    is_over_ = received.is_over || (message && message->kind == wire::k_end);
    if (!message) return;
    if (message->kind == wire::k_network) asker_.awaits_network = true;
    const std::optional<wire::Message> reply = services_.answer(*message, asker_);
    if (reply && !reply->kind.empty()) send(*reply);
  }

  void send(const wire::Message& message) { (void)os::send_message(asker_.socket.get(), message); }

  const CommandServicesOrder& order_;
  os::UniqueFd launcher_;  // its pidfd
  RunLines lines_;
  OrphanHelpers orphans_;
  Run run_;
  RunServices services_;
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
  const pid_t child = ::fork();
  if (child < 0) return os::system_error("start the keeper of the services");
  if (child == 0) {
    // A child of the launcher would count as a process that the command has left.
    ends.first.reset();
    if (::fork() == 0) look_after_services(order, std::move(ends.second));
    ::_exit(0);
  }
  (void)os::retried([&] { return ::waitpid(child, nullptr, 0); });
  return std::move(ends.first);
}

}  // namespace holdfast
