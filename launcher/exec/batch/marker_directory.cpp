#include "exec/batch/marker_directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "core/base/result.hpp"
#include "os/file/marker_files.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {
namespace {

// Room for a million cases.
constexpr std::size_t k_longest_report = 64UL * 1024UL * 1024UL;

os::UniqueFd open_directory(const std::string& path) {
  return os::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

std::string report_file_in(const std::string& markers, std::string_view name) {
  return markers.empty() ? markers : markers + "/" + std::string(name);
}

std::optional<std::string> take_report_file(const std::string& markers, std::string_view name) {
  if (markers.empty()) return std::nullopt;
  const std::string file(name);
  const os::UniqueFd directory = open_directory(markers);
  if (!directory.valid()) return std::nullopt;
  Result<std::string> text = os::read_private_file(directory.get(), file, k_longest_report);
  ::unlinkat(directory.get(), file.c_str(), 0);
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool take_marker(const std::string& markers, const MarkerOwner& owner) {
  if (markers.empty() || owner.pid <= 0) return false;
  const std::string name = marker_file_name(owner.pid);
  // Few processes leave a marker, and this look is cheap.
  if (::access((markers + "/" + name).c_str(), F_OK) != 0) return false;
  const os::UniqueFd directory = open_directory(markers);
  if (!directory.valid()) return false;
  const JudgedMarkers judged = judge_markers(os::read_marker_files(directory.get(), {name}), owner);
  if (!judged.reason) return false;
  ::unlinkat(directory.get(), name.c_str(), 0);
  return true;
}

}  // namespace holdfast::exec
