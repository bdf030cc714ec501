// When files were written, as the journal dates things: in seconds since 1970.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>

namespace holdfast {

inline double seconds_of(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// When `file` was last written. Nothing if it is no regular file or a link; then errno may say why.
inline std::optional<double> written_at(const std::filesystem::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return seconds_of(status.st_mtim);
}

}  // namespace holdfast
