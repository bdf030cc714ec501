#include "cli/select/shared_locks.hpp"

#include <map>
#include <set>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/listed_test.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/lock/run_alone.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {
namespace {

struct LockUsers {
  std::set<std::string> tests;  // names
  bool is_shared = true;        // by all of them
};

bool is_within_node(const LockSpec& lock) {
  const bool is_of_sources = lock.scope == LockScope::build || lock.scope == LockScope::project;
  return is_of_sources && !is_retry_alone_lock(lock);  // which every test has
}

// By lock, as text without its mode.
std::map<std::string, LockUsers> users_of_locks(const ProjectSettings& settings,
                                                const std::vector<NamedTest>& tests) {
  std::map<std::string, LockUsers> users;
  for (const NamedTest& test : tests) {
    // A test with settings that are refused does not run.
    const auto resolved = settings.resolve(test.name, test.test.facts, test.test.said);
    if (!resolved) continue;
    for (const LockSpec& lock : resolved->policy.locks) {
      if (!is_within_node(lock)) continue;
      LockUsers& one = users[to_text(LockSpec{.name = lock.name, .scope = lock.scope})];
      one.tests.insert(test.name);
      if (lock.mode != LockMode::shared) one.is_shared = false;
    }
  }
  return users;
}

}  // namespace

Result<void> make_fixtures_of_locks(const std::string& tree, const std::string& configuration,
                                    std::vector<SelectableTest>& tests) {
  const Result<ProjectSettings> settings =
      ProjectSettings::load(settings_file_of_tree(tree), selected_profile());
  if (!settings) return settings.error();
  std::vector<std::string> options;
  if (!configuration.empty()) options = {"-C", configuration};
  const Result<std::string> listing = list_for_launcher(tree, options);
  if (!listing) return listing.error();
  const Result<std::vector<NamedTest>> listed = all_listed(*listing);
  if (!listed) return listed.error();
  for (const auto& [lock, users] : users_of_locks(*settings, *listed)) {
    if (users.is_shared) continue;
    // No fixture of a project has such a name.
    const std::string fixture = "\nlock " + lock;
    bool is_first = true;
    for (SelectableTest& test : tests) {
      if (!users.tests.contains(test.name)) continue;
      (is_first ? test.schedule.setup : test.schedule.required).push_back(fixture);
      is_first = false;
    }
  }
  return {};
}

}  // namespace holdfast::cli
