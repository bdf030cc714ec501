#include "keeper/left/stale_scratch.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/base/names.hpp"
#include "core/base/process_name.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"

namespace holdfast {

void remove_stale_scratch() {
  const Result<os::UniqueFd> user = os::open_user_directory();
  if (!user) return;
  const std::string directory =
      os::user_directory_path() + "/" + std::string(names::k_user_scratch_directory);
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    std::string name = entry.path().filename().string();
    std::replace(name.begin(), name.end(), '-', ':');
    const Result<ProcessName> launcher = parse_process_name(name);
    if (launcher && !os::is_alive(*launcher)) os::sweep_empty_scratch(entry.path().string());
  }
}

}  // namespace holdfast
