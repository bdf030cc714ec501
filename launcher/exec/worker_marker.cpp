#include "exec/worker_marker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "core/names.hpp"
#include "os/marker_files.hpp"
#include "os/scratch_directory.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::exec {

bool take_marker(const std::string& directory, const MarkerOwner& owner) {
  if (directory.empty() || owner.pid <= 0) return false;
  const std::string name = marker_file_name(owner.pid);
  // Nearly always there is none.
  if (::access((directory + "/" + name).c_str(), F_OK) != 0) return false;
  const os::UniqueFd place(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!place.valid()) return false;
  const JudgedMarkers judged = judge_markers(os::read_marker_files(place.get(), {name}), owner);
  if (!judged.reason) return false;
  ::unlinkat(place.get(), name.c_str(), 0);
  return true;
}

std::vector<OrphanMarker> orphan_markers(const std::string& directory, const std::string& attempt) {
  if (directory.empty()) return {};
  const os::ScratchContent left = os::look_into_scratch(directory.substr(0, directory.rfind('/')));
  std::vector<std::string> names;
  for (const std::string& name : left.marker_files) {
    if (name.rfind(names::k_marker_prefix, 0) == 0) names.push_back(name);
  }
  if (names.empty()) return {};
  return judge_markers(os::read_marker_files(left.markers.get(), names), {attempt, 0, 0, 0})
      .orphans;
}

}  // namespace holdfast::exec
