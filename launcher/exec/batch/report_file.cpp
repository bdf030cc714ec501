#include "exec/batch/report_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "core/base/result.hpp"
#include "os/file/marker_files.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {
namespace {

// A million cases.
constexpr std::size_t k_longest = 64UL * 1024UL * 1024UL;

}  // namespace

std::string report_file_in(const std::string& markers, std::string_view name) {
  return markers.empty() ? markers : markers + "/" + std::string(name);
}

std::optional<std::string> take_report_file(const std::string& markers, std::string_view name) {
  if (markers.empty()) return std::nullopt;
  const std::string file(name);
  const os::UniqueFd directory(
      ::open(markers.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) return std::nullopt;
  Result<std::string> text = os::read_private_file(directory.get(), file, k_longest);
  ::unlinkat(directory.get(), file.c_str(), 0);
  if (!text) return std::nullopt;
  return std::move(*text);
}

}  // namespace holdfast::exec
