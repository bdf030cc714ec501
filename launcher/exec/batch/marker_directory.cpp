#include "exec/batch/marker_directory.hpp"

#include <unistd.h>

#include <utility>

#include "core/base/result.hpp"
#include "os/file/marker_files.hpp"
#include "os/file/own_files.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {
namespace {

// Room for a million cases.
constexpr std::size_t k_longest_report = 64UL * 1024UL * 1024UL;

}  // namespace

std::string report_file_in(const std::string& markers, std::string_view name) {
  return markers.empty() ? markers : markers + "/" + std::string(name);
}

std::optional<std::string> take_report_file(const std::string& markers, std::string_view name) {
  if (markers.empty()) return std::nullopt;
  const std::string file(name);
  const Result<os::UniqueFd> directory = os::open_own_directory(markers);
  if (!directory) return std::nullopt;
  Result<std::string> text = os::read_private_file(directory->get(), file, k_longest_report);
  ::unlinkat(directory->get(), file.c_str(), 0);
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool take_marker(const std::string& markers, const MarkerOwner& owner) {
  if (markers.empty() || owner.pid <= 0) return false;
  const std::string name = marker_file_name(owner.pid);
  // Few processes leave a marker, and this look is cheap.
  if (::access((markers + "/" + name).c_str(), F_OK) != 0) return false;
  const Result<os::UniqueFd> directory = os::open_own_directory(markers);
  if (!directory) return false;
  const JudgedMarkers judged =
      judge_markers(os::read_marker_files(directory->get(), {name}), owner);
  if (!judged.reason) return false;
  ::unlinkat(directory->get(), name.c_str(), 0);
  return true;
}

}  // namespace holdfast::exec
