#include "supervision/attempt/containment_needs.hpp"

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/cgroup_name.hpp"
#include "core/base/names.hpp"
#include "os/file/project_file.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/program_search.hpp"

namespace holdfast::supervision {
namespace {

constexpr const char* k_display_sockets = "/tmp/.X11-unix";

std::string variable(const char* name) {
  const char* const value = ::getenv(name);
  return value != nullptr ? value : "";
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool is_absolute(const std::string& path) { return path.starts_with('/'); }

bool is_usual_place(const std::string& path) {
  return path == "/tmp" || path == "/var/tmp" || path == "/dev/shm";
}

// A program may need what lies beside it. But a program right in /tmp does not bring /tmp along.
std::string place_of(const std::string& file) {
  const std::string directory = directory_of(file);
  return is_usual_place(directory) ? file : directory;
}

std::vector<std::string> paths_to_pass(const Grant& grant, const Invocation& invocation,
                                       const std::string& scratch) {
  std::vector<std::string> paths = grant.policy.passthrough;
  // Locks and sockets of Holdfast: a ctest inside meets those outside. So it must be there already.
  (void)os::open_user_directory();
  paths.push_back(os::user_directory_path());
  paths.push_back(grant.home.tree);
  if (std::optional<std::string> source = os::source_of_tree(grant.home.tree)) {
    paths.push_back(std::move(*source));
  }
  paths.push_back(scratch);
  paths.push_back(variable("TMPDIR"));
  paths.emplace_back(k_display_sockets);
  if (const std::string agent = variable("SSH_AUTH_SOCK"); is_absolute(agent)) {
    paths.push_back(place_of(agent));
  }
  std::string program = invocation.command[0];
  if (program.find('/') == std::string::npos) program = os::find_program(program);
  if (is_absolute(program)) paths.push_back(place_of(program));
  std::erase_if(paths, [](const std::string& path) { return !is_absolute(path); });
  return paths;
}

}  // namespace

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
  needs.tmp = os::PrivateTmp::prepare(directory, paths_to_pass(grant, invocation, scratch));
  if (needs.tmp && !needs.tmp_is_shared) needs.tmp->forget_other_passages();
  return needs;
}

}  // namespace holdfast::supervision
