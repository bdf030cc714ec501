#include "supervision/attempt/containment_needs.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/cgroup_name.hpp"
#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "os/file/project_file.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/program_search.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::supervision {
namespace {

constexpr const char* k_display_sockets = "/tmp/.X11-unix";

std::string variable(const char* name) {
  const char* const value = ::getenv(name);
  return value != nullptr ? value : "";
}

bool is_absolute(const std::string& path) { return path.starts_with('/'); }

std::string path_of_program(const char* word) {
  const std::string program = word;
  if (program.find('/') == std::string::npos) return os::find_program(program);
  char here[PATH_MAX];
  const bool is_relative = !is_absolute(program) && ::getcwd(here, sizeof here) != nullptr;
  return is_relative ? text_of({here, "/", program}) : program;
}

// Empty: it is not known.
std::string source_of(const Grant& grant) {
  return os::source_of_tree(grant.home.tree).value_or(std::string());
}

// As the test will have it.
std::string temporary_directory(const Policy& policy) {
  std::string set = variable("TMPDIR");
  const auto given = std::ranges::find(policy.environment, "TMPDIR", &Variable::name);
  return set.empty() && given != policy.environment.end() ? given->value : set;
}

std::vector<os::PrivateTmp::Passed> paths_to_pass(const Grant& grant, const Invocation& invocation,
                                                  const std::string& scratch,
                                                  const std::string& source) {
  std::vector<os::PrivateTmp::Passed> paths;
  for (const std::string& path : grant.policy.passthrough) paths.push_back({path});
  // Locks and sockets of Holdfast: a ctest inside meets those outside. So it must be there already.
  (void)os::open_user_directory();
  paths.push_back({os::user_directory_path()});
  const std::string& tree = grant.home.tree;
  paths.push_back({tree});
  paths.push_back({source});
  if (tree.empty() || !scratch.starts_with(tree + "/")) paths.push_back({scratch});
  // A ctest inside needs Holdfast.
  if (Result<std::string> prefix = installation(); prefix) paths.push_back({std::move(*prefix)});
  paths.push_back({temporary_directory(grant.policy)});
  paths.push_back({k_display_sockets});
  paths.push_back({variable("SSH_AUTH_SOCK"), true});
  // A program may need what lies beside it.
  paths.push_back({path_of_program(invocation.command[0]), true});
  std::erase_if(paths, [](const auto& passed) { return !is_absolute(passed.path); });
  return paths;
}

}  // namespace

bool must_be_contained(const Invocation& invocation) {
  const Result<ResolvedPolicy> resolved =
      resolve(invocation.said, invocation.facts, invocation.line.options);
  return resolved && resolved->policy.containment.has_any() &&
         resolved->policy.containment_missing == ContainmentMissing::fail;
}

std::string_view needs_keeper(const Grant& grant, const Invocation& invocation) {
  const TestFacts& facts = invocation.facts;
  if (facts.file_must_contain) {
    return "containment-missing = \"fail\", and nobody knows what holdfast.toml says: there is no "
           "keeper";
  }
  const bool has_fixtures = !facts.fixtures_setup.empty() || !facts.fixtures_required.empty() ||
                            !facts.fixtures_cleanup.empty();
  const bool shares = facts.file_shares_containment ||
                      grant.policy.containment.among({Boundary::netns, Boundary::tmp}).has_any();
  return has_fixtures && shares ? "the containment of its fixtures is lost: there is no keeper"
                                : std::string_view();
}

ContainmentNeeds containment_needs(const Grant& grant, const Invocation& invocation,
                                   const std::string& scratch) {
  ContainmentNeeds needs;
  const Containment wanted = grant.policy.containment;
  if (wanted.has(Boundary::cgroup)) {
    needs.cgroup = cgroup_name(grant.home.tree, grant.identity.attempt);
  }
  if (!wanted.has(Boundary::tmp)) return needs;
  needs.tmp_is_shared = !grant.shared_tmp.empty();
  if (!needs.tmp_is_shared && scratch.empty()) {
    needs.tmp = ErrorInWords{"it has no scratch directory"};
    return needs;
  }
  const std::string directory =
      needs.tmp_is_shared ? grant.shared_tmp : scratch + std::string(names::k_private_tmp_suffix);
  const std::string source = source_of(grant);
  needs.tmp = os::PrivateTmp::prepare(directory, paths_to_pass(grant, invocation, scratch, source));
  if (!needs.tmp) return needs;
  if (needs.tmp_is_shared) {
    needs.refusal = needs.tmp->conflict();
  } else {
    needs.tmp->forget_other_passages();
  }
  for (const std::string& tree : {grant.home.tree, source}) {
    if (!tree.empty() && needs.tmp->is_place(tree)) {
      needs.refusal = "containment = \"tmp\" would hide the tree of the project, which is " + tree;
    }
  }
  return needs;
}

}  // namespace holdfast::supervision
