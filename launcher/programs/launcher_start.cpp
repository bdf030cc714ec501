#include "programs/launcher_start.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

#include <cstdlib>

#include "attempt/hand_over.hpp"
#include "attempt/programs.hpp"
#include "cluster/cluster_client.hpp"
#include "command/command.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"
#include "services/services_of_people.hpp"
#include "settings/declared_services.hpp"

namespace holdfast::cli {
namespace {

// The build tree whose services are meant. Found upward from here it must be ours or root's, as its
// services will run as us, and anybody can leave a tree in /tmp.
Result<std::string> tree_for(const CommandLine& line) {
  HOLDFAST_TRY(std::string tree, find_tree(line.tree));
  struct stat info {};
  const bool is_ours = ::stat(tree.c_str(), &info) == 0 && os::is_trusted_owner(info.st_uid);
  if (line.tree.empty() && !is_ours) {
    return ErrorInWords{"the build tree " + tree + " belongs to another user: expected --tree DIR"};
  }
  return tree;
}

// Where the uses come from: the option, the test's property, or the key in the file.
std::string origin_of_uses(const CommandLine& line, const Values& said) {
  if (last_of(line.options.said, Setting::services) != nullptr) return "--service";
  const Value* const last = last_of(said, Setting::services);
  return last->source == Source::property ? "HOLDFAST_SERVICES" : last->origin;
}

// Starts what looks after the services that the command uses. Returns the connection for the
// launcher; invalid: it uses none.
Result<os::UniqueFd> begin_services(const CommandLine& line, const LauncherOrder& start,
                                    const Policy& policy) {
  if (policy.services.empty()) return os::UniqueFd();
  HOLDFAST_TRY(const std::string tree, tree_for(line));
  HOLDFAST_TRY(const std::vector<ServiceSpec> declared,
               services_of_tree(start.project, tree, line.configuration));
  if (const Result<void> known = check_uses(policy.services, declared); !known) {
    return ErrorInWords{to_text(origin_of_uses(line, start.said), known.error())};
  }
  return start_command_services({tree, os::own_name(), start.name, declared, policy});
}

// Starts what asks for the command's locks over machines. Returns the connection for the launcher;
// invalid: the command has none.
Result<os::UniqueFd> begin_cluster(const LauncherOrder& start, const Policy& policy) {
  const bool has_any = std::ranges::any_of(
      policy.locks, [](const LockSpec& lock) { return lock.scope == LockScope::cluster; });
  return has_any ? start_cluster_client(start.project.cluster) : os::UniqueFd();
}

Result<supervision::HandOver> prepare(const CommandLine& line, const LauncherOrder& start) {
  supervision::HandOver prepared;
  prepared.said = start.said;
  // Nothing that we open may get the number of a closed stdin, stdout or stderr: the service keeper
  // would lose its connection, and the launcher would write messages to it. The launcher finds the
  // three closed, as we did.
  HOLDFAST_TRY(os::UniqueFd first, os::memory_file({}));
  HOLDFAST_DO(os::fill_closed_streams(first));
  const Result<ResolvedPolicy> resolved = resolve(start.said, {}, line.options);
  // If the launcher refuses the settings, the launcher itself says so.
  if (!resolved) return prepared;
  HOLDFAST_TRY(prepared.service_keeper.socket(), begin_services(line, start, resolved->policy));
  HOLDFAST_TRY(prepared.cluster, begin_cluster(start, resolved->policy));
  return prepared;
}

}  // namespace

Values with_directory(Values said) {
  if (last_of(said, Setting::scratch) == nullptr) {
    said.insert(
        said.begin(),
        {Setting::scratch, Source::file, std::string(holdfast::name_of(Policy{}.scratch)), {}});
  }
  return said;
}

int become_launcher(std::vector<std::string> words, const Result<CommandLine>& line,
                    const LauncherOrder* order) {
  Result<std::string> launcher = supervision::launcher_program();
  if (!launcher) return refused(launcher.error(), exit_codes::k_own_failure);
  // A command is no test even if a test runs it. What ctest told the launcher of that test is not
  // meant for this command.
  ::unsetenv(std::string(environment::k_attach).c_str());
  std::vector<char*> all{launcher->data()};
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  Result<supervision::HandOver> prepared =
      order != nullptr ? prepare(*line, *order) : supervision::HandOver();
  if (!prepared) return refused(prepared.error(), exit_codes::k_own_failure);
  const Error failed = supervision::hand_over(*launcher, all.data(), environ, *prepared);
  return refused(failed, exit_codes::k_own_failure);
}

}  // namespace holdfast::cli
