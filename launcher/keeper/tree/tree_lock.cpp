#include "keeper/tree/tree_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast {

Result<os::LockRequest> open_tree_lock(const std::string& tree, std::string_view directory,
                                       const LockSpec& spec, const LockLevel& level) {
  constexpr unsigned k_owner_may_write = 0600;
  constexpr unsigned k_others_as_in_tree = 0066;
  const os::UniqueFd top(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!top.valid() || ::fstat(top.get(), &info) != 0) return os::system_error("open " + tree);
  const std::string path = tree + "/" + std::string(directory);
  const std::string above = path.substr(0, path.rfind('/'));
  HOLDFAST_DO(os::make_own_directories(above, 0755));
  Result<os::UniqueFd> files = os::open_own_directory(path);
  if (!files && errno == ENOENT) {
    HOLDFAST_TRY(const os::UniqueFd own, os::open_own_directory(above));
    // With exactly this mode, whatever the umask is.
    const std::string name = path.substr(above.size() + 1);
    files = os::open_below(own, name, info.st_mode & 0777U);
  }
  if (!files) return files.error();
  return os::LockRequest::open_in(std::move(*files), spec,
                                  k_owner_may_write | (info.st_mode & k_others_as_in_tree), level);
}

}  // namespace holdfast
