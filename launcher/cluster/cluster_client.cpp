#include "cluster/cluster_client.hpp"

#include <fcntl.h>

#include <cstdlib>
#include <map>

#include "attempt/programs.hpp"
#include "base/environment.hpp"
#include "base/message.hpp"
#include "cluster/lock_order.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/process/execute.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {
namespace {

[[noreturn]] void become_client(std::string program, int control) {
  ::setsid();
  (void)::chdir("/");
  os::leave_standard_streams();
  // The dynamic linker says what is missing: os::last_words() of whoever has the other end.
  ::dup2(control, STDERR_FILENO);
  os::close_all_but({0, 1, 2, control});
  (void)::fcntl(control, F_SETFD, 0);
  std::string number = std::to_string(control);
  char* arguments[] = {program.data(), number.data(), nullptr};
  const int error = os::become({arguments, ::environ}, {});
  const std::string why = to_text(os::system_error("run it", error));
  (void)!::write(STDERR_FILENO, why.data(), why.size());
  ::_exit(127);
}

}  // namespace

Result<ClusterSettings> with_own_environment(const ClusterSettings& settings) {
  return with_environment(settings, std::getenv(environment::k_cluster_endpoints.data()));
}

Result<os::UniqueFd> start_cluster_client(const Result<ClusterSettings>& settings) {
  if (!settings) return settings.error();
  HOLDFAST_TRY(const ClusterSettings all, with_own_environment(*settings));
  if (all.endpoints.empty()) {
    return ErrorInWords{
        "nobody says where etcd is: expected `endpoints` in [cluster] of holdfast.toml, or "
        "HOLDFAST_CLUSTER_ENDPOINTS"};
  }
  HOLDFAST_TRY(const std::string program, supervision::component_program("etcd"));
  HOLDFAST_TRY(auto ends, os::packet_pair());
  if (!os::fork_away([&] { become_client(program, ends.second.get()); })) {
    return os::system_error("start " + program);
  }
  const wire::Message settings_message = wire::written(cluster::k_settings, all);
  if (Result<void> sent = os::send_message(ends.first.get(), settings_message); !sent) {
    const std::string said = os::last_words(ends.first.get());
    return said.empty() ? sent.error() : cluster::not_started(said);
  }
  return std::move(ends.first);
}

Result<void> ClusterClient::pass_on(const os::UniqueFd& attempt) {
  if (!control_.valid()) {
    HOLDFAST_TRY(control_, start_cluster_client(settings_));
    // One that is stopped must not stop us.
    (void)::fcntl(control_.get(), F_SETFL, O_NONBLOCK);
  }
  // It logs where this run does: with ctest -S, there are several.
  return os::send_message(control_.get(), wire::written(cluster::k_connect, os::log_target()),
                          {attempt.get()});
}

void ClusterClient::connect(os::UniqueFd attempt) {
  const bool was_there = control_.valid();
  Result<void> passed = pass_on(attempt);
  if (!passed) {
    const std::string said = os::last_words(control_.get());
    control_.reset();
    if (!said.empty()) {
      passed = cluster::not_started(said);
    } else if (was_there) {
      passed = pass_on(attempt);
    }
  }
  if (passed) return;
  const wire::Message reply(cluster::k_refused, {{"why", to_text(passed.error())}});
  (void)os::send_message(attempt.get(), reply);
}

Result<std::vector<ClusterQueue>> ask_cluster_locks(const ClusterSettings& settings,
                                                    Milliseconds patience) {
  HOLDFAST_TRY(const os::UniqueFd client, start_cluster_client(settings));
  const Milliseconds until = os::monotonic_now() + patience;
  HOLDFAST_DO(os::send_message(client.get(), wire::Message(cluster::k_list)));
  std::map<std::pair<std::string, std::string>, ClusterQueue> queues;
  const auto cannot = [](std::string_view why) {
    return ErrorInWords{text_of({"etcd cannot be asked for its locks: ", why})};
  };
  while (true) {
    Result<wire::Message> message = Error{};
    if (os::wait_for(client.get(), until)) message = os::receive_message(client.get()).message;
    if (!message) return cannot("it does not answer");
    if (const std::string_view why = message->get("why"); !why.empty()) return cannot(why);
    if (message->fields.empty()) break;
    Result<ClusterParty> party = wire::read_as<ClusterParty>(cluster::k_list, *message);
    if (!party) return cannot(to_text(party.error()));
    const std::optional<cluster::LockKey> key = cluster::parse_lock_key(party->key);
    if (!key) continue;
    ClusterQueue& queue = queues[{key->name, key->level}];
    queue.name = key->name;
    queue.below = key->level;
    queue.parties.push_back(*std::move(party));
  }
  return collected(queues, [](const auto& one) { return one.second; });
}

}  // namespace holdfast
