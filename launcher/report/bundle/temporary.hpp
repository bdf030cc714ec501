// Where large things lie for a moment.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

#include "core/base/result.hpp"
#include "os/file/file_text.hpp"

namespace holdfast {

// A file without a name in $TMPDIR, or in /tmp.
inline Result<os::UniqueFd> temporary_file() {
  std::error_code failed;
  const std::string directory = std::filesystem::temp_directory_path(failed).string();
  return os::nameless_file(failed ? "/tmp" : directory);
}

}  // namespace holdfast
