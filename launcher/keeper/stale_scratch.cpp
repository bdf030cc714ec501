#include "keeper/stale_scratch.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/attach.hpp"
#include "core/names.hpp"
#include "os/process.hpp"
#include "os/trusted_directory.hpp"

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
    // rmdir(2) leaves what is not empty.
    if (launcher && !os::is_alive(*launcher)) ::rmdir(entry.path().c_str());
  }
}

}  // namespace holdfast
