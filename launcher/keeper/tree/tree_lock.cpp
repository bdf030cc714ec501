#include "keeper/tree/tree_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/names.hpp"
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
  Result<os::UniqueFd> own = os::open_below(top, std::string(names::k_tree_directory), 0755);
  if (!own) return own.error();
  const std::string name(directory.substr(names::k_tree_directory.size() + 1));
  Result<os::UniqueFd> files = os::open_below(*own, name, info.st_mode & 0777U);
  if (!files) return files.error();
  return os::LockRequest::open_in(std::move(*files), spec,
                                  k_owner_may_write | (info.st_mode & k_others_as_in_tree), level);
}

}  // namespace holdfast
