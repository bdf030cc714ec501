#include <fmt/core.h>

#include <memory>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/lock_listing.hpp"
#include "cli/locks/cluster_listing.hpp"
#include "core/outcome/exit_codes.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::cli {
namespace {

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
    nlohmann::ordered_json all = json_of(survey.locks);
    for (nlohmann::ordered_json& lock : json_of(queues)) all.push_back(std::move(lock));
    const nlohmann::ordered_json object{{"version", 1}, {"locks", std::move(all)}};
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
