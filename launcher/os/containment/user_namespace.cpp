#include "os/containment/user_namespace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {
namespace {

Result<void> put(const char* path, const std::string& text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return system_error(std::string("open ") + path);
  if (::write(file.get(), text.data(), text.size()) < 0) {
    return system_error(std::string("write ") + path);
  }
  return {};
}

}  // namespace

// An unprivileged process may map no more than one user and one group.
Result<void> enter_user_namespace(uid_t user, gid_t group) {
  const std::string uid = std::to_string(user);
  const std::string gid = std::to_string(group);
  if (Result<void> mapped = put("/proc/self/uid_map", uid + " " + uid + " 1"); !mapped) {
    return mapped;
  }
  if (Result<void> denied = put("/proc/self/setgroups", "deny"); !denied) return denied;
  return put("/proc/self/gid_map", gid + " " + gid + " 1");
}

}  // namespace holdfast::os
