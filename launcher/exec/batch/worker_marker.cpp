#include "exec/batch/worker_marker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "os/file/marker_files.hpp"
#include "os/file/unique_fd.hpp"

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

}  // namespace holdfast::exec
