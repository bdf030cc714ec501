#include "keeper/left/stale_levels.hpp"

#include <filesystem>
#include <string>
#include <system_error>

#include "core/base/names.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

fs::path locks_directory() {
  return fs::path(os::user_directory_path()) / names::k_user_locks_directory;
}

void remove_in(const os::UniqueFd& user, const fs::path& scope) {
  std::error_code failed;
  for (const fs::directory_entry& lock : fs::directory_iterator(scope, failed)) {
    for (const fs::path level : os::levels_of(lock.path().string())) {
      if (level == lock.path()) continue;
      os::remove_level(user, level.lexically_relative(os::user_directory_path()).string());
    }
  }
}

}  // namespace

void remove_stale_levels(const LockHome& home) {
  const Result<os::UniqueFd> user = os::open_user_directory();
  if (!user) return;
  for (LockScope scope : {LockScope::build, LockScope::project}) {
    remove_in(*user, locks_directory() / scope_directory(scope, home));
  }
}

void remove_all_stale_levels() {
  const Result<os::UniqueFd> user = os::open_user_directory();
  if (!user) return;
  std::error_code failed;
  for (const fs::directory_entry& scope : fs::directory_iterator(locks_directory(), failed)) {
    remove_in(*user, scope.path());
  }
}

}  // namespace holdfast
