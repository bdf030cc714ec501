#include <fmt/core.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/lock_listing.hpp"
#include "core/base/printable.hpp"
#include "core/base/result.hpp"
#include "core/base/utf8.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "core/cluster/lock_order.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/outcome/exit_codes.hpp"
#include "keeper/run/cluster_client.hpp"
#include "os/file/trusted_directory.hpp"
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

// The settings of the project around here, and of the environment.
Result<ClusterSettings> cluster_settings_here() {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  if (error) return ClusterSettings{};
  const Result<ProjectSettings> project =
      ProjectSettings::load(settings_file_around(here), selected_profile());
  if (!project) return project.error();
  return with_own_environment(project->settings().cluster);
}

// Locks of scope `cluster`, as `holdfast locks` shows them.
std::string describe_cluster_locks(const std::vector<ClusterQueue>& queues) {
  std::string text;
  for (const ClusterQueue& queue : queues) text += describe_one(queue);
  return text;
}

// Elements for the list of all locks (docs/reference/report-formats.md).
Json json_of_queues(const std::vector<ClusterQueue>& queues) {
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

// The locks of etcd, if any is named.
Result<std::vector<ClusterQueue>> locks_of_cluster() {
  const Result<ClusterSettings> settings = cluster_settings_here();
  if (!settings) return settings.error();
  if (settings->endpoints.empty()) return std::vector<ClusterQueue>();
  return ask_cluster_locks(*settings);
}

int list_locks(bool as_json) {
  if (const Result<void> user = os::check_user_directory(); !user) {
    complain(to_text(user.error()));
    return exit_codes::k_usage;
  }
  const os::LockSurvey survey = os::survey_all_locks(os::Strangers::look_for);
  for (const Error& error : survey.unseen) complain(to_text(error));
  const Result<std::vector<ClusterQueue>> of_cluster = locks_of_cluster();
  if (!of_cluster) complain(to_text(of_cluster.error()));
  const std::vector<ClusterQueue> queues = of_cluster ? *of_cluster : std::vector<ClusterQueue>();
  if (as_json) {
    Json all = json_of(survey.locks);
    for (Json& lock : json_of_queues(queues)) all.push_back(std::move(lock));
    const Json object{{"version", 1}, {"locks", std::move(all)}};
    fmt::print("{}\n", object.dump(2));
  } else if (!survey.locks.empty() || !queues.empty()) {
    fmt::print("{}{}", describe_locks(survey.locks), describe_cluster_locks(queues));
  } else {
    const bool is_all = survey.unseen.empty() && of_cluster;
    fmt::print("{}\n", is_all ? "no lock is held" : "no lock is held, as far as it may be seen");
  }
  return exit_codes::k_success;
}

}  // namespace

void add_locks(Command app, int& exit_code) {
  const Command command =
      app.add_subcommand("locks", "show who holds locks and who waits for them, in order");
  const auto as_json = std::make_shared<bool>(false);
  command.add_flag("--json", *as_json, "as JSON");
  command.callback([as_json, &exit_code] { exit_code = list_locks(*as_json); });
}

}  // namespace holdfast::cli
