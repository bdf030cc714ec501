#include "cli/locks/cluster_listing.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "core/base/printable.hpp"
#include "core/base/utf8.hpp"
#include "core/cluster/lock_order.hpp"
#include "core/lock/lock_wait.hpp"
#include "keeper/run/cluster_client.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

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
  return with_own_environment(project->settings().cluster);
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
