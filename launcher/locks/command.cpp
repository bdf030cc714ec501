#include <fmt/core.h>

#include <filesystem>

#include "base/exit_codes.hpp"
#include "base/result.hpp"
#include "command/command.hpp"
#include "locks/lock_listing.hpp"
#include "os/file/trusted_directory.hpp"
#include "settings/project_settings.hpp"
#include "values/cluster_settings.hpp"

namespace holdfast::cli {
namespace {

// The settings of the project around here, and of the environment.
Result<ClusterSettings> cluster_settings_here() {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  HOLDFAST_TRY(const ProjectSettings project,
               ProjectSettings::load(settings_file_around(here), selected_profile()));
  return with_own_environment(project.settings().cluster);
}

// The locks of etcd, if any is named.
Result<std::vector<ClusterQueue>> locks_of_cluster() {
  HOLDFAST_TRY(const ClusterSettings settings, cluster_settings_here());
  if (settings.endpoints.empty()) return std::vector<ClusterQueue>();
  return ask_cluster_locks(settings);
}

struct LocksOptions {
  bool json = false;
};

Result<int> list_locks(const LocksOptions& options) {
  HOLDFAST_DO(os::check_user_directory());
  const os::LockSurvey survey = os::survey_all_locks(os::Strangers::look_for);
  for (const Error& error : survey.unseen) complain(to_text(error));
  const Result<std::vector<ClusterQueue>> of_cluster = locks_of_cluster();
  if (!of_cluster) complain(to_text(of_cluster.error()));
  std::vector<ListedLock> locks(survey.locks.begin(), survey.locks.end());
  if (of_cluster) locks.insert(locks.end(), of_cluster->begin(), of_cluster->end());
  if (options.json) {
    const nlohmann::ordered_json object{{"version", 1}, {"locks", json_of(locks)}};
    fmt::print("{}\n", object.dump(2));
  } else if (!locks.empty()) {
    fmt::print("{}", describe_locks(locks));
  } else {
    const bool is_all = survey.unseen.empty() && of_cluster;
    fmt::print("{}\n", is_all ? "no lock is held" : "no lock is held, as far as it may be seen");
  }
  return exit_codes::k_success;
}

}  // namespace

void add_locks(Command app) {
  const auto [command, options] = add_command(
      app, "locks", "show who holds locks and who waits for them, in order", list_locks);
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace holdfast::cli
