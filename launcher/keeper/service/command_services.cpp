#include "keeper/service/command_services.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <algorithm>

#include "core/settings/wire.hpp"
#include "keeper/base/connections.hpp"
#include "keeper/base/keeper.hpp"
#include "keeper/base/keeper_socket.hpp"
#include "keeper/base/run_lines.hpp"
#include "keeper/left/orphans.hpp"
#include "keeper/run/run.hpp"
#include "keeper/service/run_services.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/system_call.hpp"
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
        link_(std::move(link)),
        launcher_(std::move(launcher)),
        lines_(order_.launcher),
        run_(Run::begin(origin(), 1)),
        services_(none_eager(order_.declared), order_.tree, order_.launcher, lines_, orphans_) {}

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
  RunOrigin origin() const {
    RunOrigin origin{order_.tree, order_.launcher, {}};
    origin.whose = RunsOf::people;
    return origin;
  }

  void wait_for_news() {
    const bool has_launcher = until_ == k_longest;
    std::vector<pollfd> fds{{link_.get(), POLLIN, 0},
                            {has_launcher ? launcher_.get() : -1, POLLIN, 0}};
    services_.add_descriptors(fds);
    const Milliseconds next = std::min(until_, services_.due());
    if (::poll(fds.data(), fds.size(), os::poll_time(next)) < 0) return;
    if (fds[0].revents != 0) hear();
    if (fds[1].revents != 0) {
      until_ = os::monotonic_now() + k_guard_patience;
      lines_.ctest_has_ended();
    }
    services_.look();
    reply();
    offer_network();
    orphans_.reap_helpers(OrphanHelpers::Reap::those_through);
  }

  void hear() {
    const Result<std::string> packet = os::receive_packet(link_.get());
    if (!packet || packet->empty()) {
      is_over_ = true;
      return;
    }
    const Result<wire::Message> message = wire::decode(*packet);
    if (!message) return;
    if (message->kind == wire::k_end) is_over_ = true;
    if (message->kind == wire::k_services) ask();
    if (message->kind == wire::k_network) awaits_network_ = true;
    if (message->kind == wire::k_red) {
      services_.leave_red(use_);
      is_using_ = false;
    }
    if (message->kind == wire::k_waiting) {
      wire::Message reply = message_of(wire::k_waiting);
      reply.add("why", services_.waits_for(use_));
      send(reply);
    }
  }

  // A command that is tried again asks again.
  void ask() {
    if (is_using_) return services_.ask_again(use_);
    use_ = services_.ask({to_text(order_.launcher), order_.name, {}, order_.launcher}, order_.uses);
    is_using_ = true;
  }

  void offer_network() {
    if (awaits_network_) awaits_network_ = !send_network(link_.get(), services_.network());
  }

  void reply() {
    for (const RunServices::Reply& reply : services_.take_replies()) {
      if (reply.use == use_) send(reply.message);
    }
  }

  void send(const wire::Message& message) {
    (void)os::send_packet(link_.get(), wire::encode(message));
  }

  const CommandServicesOrder& order_;
  os::UniqueFd link_;
  os::UniqueFd launcher_;  // its pidfd
  RunLines lines_;
  OrphanHelpers orphans_;
  Run run_;
  RunServices services_;
  UseId use_ = 0;
  bool is_using_ = false;
  bool awaits_network_ = false;
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
  os::set_process_title(os::k_keeper_name,
                        {"holdfast", "keeper", word_of_tree(order.tree), to_text(order.launcher)});
  Result<os::UniqueFd> launcher = os::watch_process(order.launcher);
  if (launcher && ::chdir("/") == 0) {
    CommandServices(order, std::move(link), std::move(*launcher)).run();
  }
  ::_exit(0);
}

}  // namespace

Result<os::UniqueFd> start_command_services(const CommandServicesOrder& order) {
  Result<std::pair<os::UniqueFd, os::UniqueFd>> ends = os::packet_pair();
  if (!ends) return ends.error();
  const pid_t child = ::fork();
  if (child < 0) return os::system_error("start the keeper of the services");
  if (child == 0) {
    // A child of the launcher would count as a process that the command has left.
    ends->first.reset();
    if (::fork() == 0) look_after_services(order, std::move(ends->second));
    ::_exit(0);
  }
  (void)os::retried([&] { return ::waitpid(child, nullptr, 0); });
  return std::move(ends->first);
}

}  // namespace holdfast
