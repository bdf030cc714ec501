// holdfast-etcd FD
//
// FD: the connection with whoever has started this program, a keeper or `holdfast run`.
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <optional>
#include <string>

#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/message.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "cluster/cluster_wire.hpp"
#include "cluster/etcd.hpp"
#include "cluster/etcd_messages.hpp"
#include "cluster/lock_order.hpp"
#include "cluster/lock_session.hpp"
#include "journal/log.hpp"
#include "os/file/descriptors.hpp"
#include "os/log/log.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::etcd {
namespace {

Machine this_machine() {
  std::array<char, 256> name{};
  (void)::gethostname(name.data(), name.size() - 1);
  Machine machine{name.data(), std::to_string(::geteuid())};
  if (const passwd* const user = ::getpwuid(::geteuid())) machine.user = user->pw_name;
  return machine;
}

// Of the time for a list, what is not spent on calls.
constexpr Milliseconds k_list_margin{1000};

class Service {
 public:
  Service(os::UniqueFd control, ClusterSettings settings, const char* password)
      : control_(std::move(control)),
        settings_(std::move(settings)),
        http_(settings_),
        etcd_(http_, settings_, password == nullptr ? "" : password),
        releases_(etcd_) {}

  void run() {
    while (!is_left_ || !sessions_.empty() || !releases_.are_done()) turn();
  }

 private:
  void turn() {
    os::Wait wait{is_left_ ? -1 : control_.get()};
    releases_.join(wait);
    for (const LockSession& session : sessions_) session.join(wait);
    http_.wait(wait);
    for (LockSession& session : sessions_) session.hear();
    if (!is_left_ && os::is_readable(control_.get())) hear();
    http_.work();
    for (LockSession& session : sessions_) session.look();
    releases_.look();
    sessions_.remove_if([](const LockSession& session) { return session.is_over(); });
  }

  void hear() {
    os::ReceivedMessage received = os::receive_message(control_.get());
    is_left_ = received.is_over;
    const Result<wire::Message>& message = received.message;
    if (!message) return;
    if (message->kind == cluster::k_list) list_locks(settings_.endpoints.size());
    if (message->kind == cluster::k_connect && received.descriptor.valid()) {
      if (Result<LogTarget> log = wire::read_as<LogTarget>(cluster::k_connect, *message)) {
        log->part = "etcd";
        os::begin_log(*std::move(log));
      }
      sessions_.emplace_back(LockSession::Parts{etcd_, releases_, settings_, machine_},
                             std::move(received.descriptor));
    }
  }

  // All holders and waiters of locks of scope `cluster`, for `holdfast locks`. Asks etcd for the
  // list, at most `endpoints` times, until an endpoint has it. Then answers on the control
  // connection. The answer is a message k_list for each party, by lock and create revision, and
  // then an empty message k_list. If there is no list, the answer is one message with `why`.
  void list_locks(std::size_t endpoints) {
    const auto count = static_cast<std::int64_t>(settings_.endpoints.size());
    const Milliseconds patience = std::min(cluster::answer_patience(settings_.ttl),
                                           (cluster::k_list_patience - k_list_margin) / count);
    const auto answer = [this, endpoints](const EtcdReply& reply) {
      const bool is_later = reply.refusal && reply.refusal->kind == Refusal::Kind::later;
      if (is_later && endpoints > 1) return list_locks(endpoints - 1);
      wire::Message last(cluster::k_list);
      const std::optional<Keys> keys = reply.refusal ? std::nullopt : keys_in(reply.body);
      if (!keys) {
        last.add("why", reply.refusal ? reply.refusal->words : "its answer is not understood");
        return send(last);
      }
      for (const ClusterParty& party : keys->parties) send(wire::written(cluster::k_list, party));
      send(last);
    };
    etcd_.call(k_range, range_body(std::string(cluster::k_locks_prefix)), answer, patience);
  }

  void send(const wire::Message& message) const { (void)os::send_message(control_.get(), message); }

  // Stays open to our end: whoever waits for the end of all leases waits for its hang-up.
  os::UniqueFd control_;
  bool is_left_ = false;  // nobody is at its far end
  const ClusterSettings settings_;
  const Machine machine_ = this_machine();
  Http http_;
  Etcd etcd_;
  Releases releases_;
  std::list<LockSession> sessions_;
};

// Serves the process that has started this program, over `control`, and the attempts whose
// connections come from that process. Blocks until all of them are gone. `password` belongs to the
// user in the settings.
void serve(os::UniqueFd control, const char* password) {
  const Result<wire::Message> message = os::receive_message(control.get()).message;
  const Result<ClusterSettings> settings =
      message ? wire::read_as<ClusterSettings>(cluster::k_settings, *message) : message.error();
  if (settings) return Service(std::move(control), *settings, password).run();
  const wire::Message refused(cluster::k_refused, {{"why", to_text(settings.error())}});
  (void)os::send_message(control.get(), refused);
}

}  // namespace
}  // namespace holdfast::etcd

int main(int count, char** arguments) {
  using namespace holdfast;
  const int control = count == 2 ? parse_number<int>(arguments[1]).value_or(-1) : -1;
  if (::fcntl(control, F_SETFD, FD_CLOEXEC) != 0) return exit_codes::k_usage;
  // It ends by itself when nobody needs it, and gives its leases back before that. Whoever ends the
  // tree of a test, a session or a cgroup means the tests.
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    ::signal(signal, SIG_IGN);
  }
  os::leave_standard_streams();  // what the dynamic linker could say has not been said
  log_by_spdlog("etcd");
  etcd::serve(os::UniqueFd(control), std::getenv(environment::k_cluster_password.data()));
  return exit_codes::k_success;
}
