#include "cli/locks/cluster_listing.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "core/base/environment.hpp"
#include "core/base/printable.hpp"
#include "core/base/utf8.hpp"
#include "core/cluster/cluster_words.hpp"
#include "core/cluster/lock_keys.hpp"
#include "core/cluster/lock_order.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/settings/cluster_wire.hpp"
#include "keeper/run/cluster_client.hpp"
#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr Milliseconds k_patience{8000};

// The next message of the list; none: it did not come.
std::optional<wire::Message> hear(const os::UniqueFd& client, Milliseconds until) {
  pollfd news{client.get(), POLLIN, 0};
  if (::poll(&news, 1, os::poll_time(until)) != 1) return std::nullopt;
  const Result<std::string> packet = os::receive_packet(client.get());
  if (!packet || packet->empty()) return std::nullopt;
  Result<wire::Message> message = wire::decode(*packet);
  if (!message) return std::nullopt;
  return std::move(*message);
}

std::string mode_of(const ClusterParty& party) {
  const std::string how = how_of(party);
  return how.empty() ? "exclusive" : how;
}

// As for other locks: that of the first holder, or else of the first waiter.
std::string mode_of(const ClusterQueue& queue) {
  const ClusterParty& first = queue.parties.front();
  if (first.mode == LockMode::amount) return "amount";
  return first.mode == LockMode::counted ? "counted" : mode_of(first);
}

Json party_json(const ClusterParty& party) {
  Json object;
  object["pid"] = party.pid;
  object["host"] = valid_utf8(party.host);
  object["user"] = valid_utf8(party.user);
  object["test"] = valid_utf8(party.test);
  object["tree"] = valid_utf8(party.tree);
  object["since"] = nullptr;
  object["mode"] = mode_of(party);
  if (!party.slots.empty()) object["slots"] = party.slots;
  if (!party.attempt.empty()) object["attempt"] = valid_utf8(party.attempt);
  object["fence"] = party.revision;
  object["stopped"] = false;
  return object;
}

std::string describe_one(const ClusterQueue& queue) {
  std::string text = fmt::format("{}@cluster ({}", printable(queue.name), mode_of(queue));
  if (!queue.below.empty()) text += ", inside " + printable(queue.below);
  text += ")\n";
  unsigned waiters = 0;
  for (std::size_t i = 0; i < queue.parties.size(); ++i) {
    const ClusterParty& party = queue.parties[i];
    if (cluster::is_holder(queue.parties, i)) {
      text += fmt::format("  held by {}, fence {}", describe_party(party), party.revision);
      if (!party.slots.empty()) text += fmt::format(", slots {}", to_text(party.slots));
      text += '\n';
    } else {
      text +=
          fmt::format("  {}. {} waits ({})\n", ++waiters, describe_party(party), mode_of(party));
    }
  }
  return text;
}

}  // namespace

Result<ClusterSettings> cluster_settings_here() {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  if (error) return ClusterSettings{};
  const Result<ProjectSettings> project =
      ProjectSettings::load(settings_file_around(here), selected_profile());
  if (!project) return project.error();
  return with_environment(project->settings().cluster,
                          std::getenv(std::string(environment::k_cluster_endpoints).c_str()));
}

Result<std::vector<ClusterQueue>> ask_cluster_locks(const ClusterSettings& settings) {
  const Result<os::UniqueFd> client = start_cluster_client(settings);
  if (!client) return client.error();
  const Milliseconds until = os::monotonic_now() + k_patience;
  const wire::Message question{std::string(cluster::k_list), {}};
  if (Result<void> sent = os::send_packet(client->get(), wire::encode(question)); !sent) {
    return sent.error();
  }
  std::map<std::pair<std::string, std::string>, ClusterQueue> queues;
  while (true) {
    const std::optional<wire::Message> message = hear(*client, until);
    if (!message) return ErrorInWords{"etcd cannot be asked for its locks: it does not answer"};
    if (const std::string_view why = message->get("why"); !why.empty()) {
      return ErrorInWords{"etcd cannot be asked for its locks: " + std::string(why)};
    }
    if (message->fields.empty()) break;
    ClusterParty party = to_party(*message);
    const std::optional<cluster::LockKey> key = cluster::parse_lock_key(party.key);
    if (!key) continue;
    ClusterQueue& queue = queues[{key->name, key->level}];
    queue.name = key->name;
    queue.below = key->level;
    queue.parties.push_back(std::move(party));
  }
  std::vector<ClusterQueue> all;
  for (auto& [place, queue] : queues) all.push_back(std::move(queue));
  return all;
}

std::string describe_cluster_locks(const std::vector<ClusterQueue>& queues) {
  std::string text;
  for (const ClusterQueue& queue : queues) text += describe_one(queue);
  return text;
}

nlohmann::ordered_json json_of(const std::vector<ClusterQueue>& queues) {
  Json list = Json::array();
  for (const ClusterQueue& queue : queues) {
    Json object;
    object["name"] = valid_utf8(queue.name);
    object["scope"] = "cluster";
    object["mode"] = mode_of(queue);
    object["place"] = "cluster";
    if (!queue.below.empty()) object["below"] = valid_utf8(queue.below);
    object["holders"] = Json::array();
    object["waiters"] = Json::array();
    for (std::size_t i = 0; i < queue.parties.size(); ++i) {
      const bool has_it = cluster::is_holder(queue.parties, i);
      object[has_it ? "holders" : "waiters"].push_back(party_json(queue.parties[i]));
    }
    object["waiting"] = object["waiters"].size();
    list.push_back(std::move(object));
  }
  return list;
}

}  // namespace holdfast::cli
