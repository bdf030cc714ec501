#include "os/containment/network_namespace.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstring>
#include <string>

#include "os/containment/mounts.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::os {
namespace {

constexpr unsigned long k_get_user_namespace = 0xb701;  // NS_GET_USERNS of ioctl_ns(2)
constexpr const char* k_sys = "/sys";
// The links to all interfaces, and the only interfaces that a new network can have.
constexpr const char* k_interfaces = "/sys/class/net";
constexpr const char* k_virtual_interfaces = "/sys/devices/virtual/net";

}  // namespace

// A file system of /sys shows the network of the process that mounts it. We take only the
// interfaces from a new one: below /sys other file systems are mounted, cgroups among them.
void show_own_interfaces() {
  struct statvfs old {};
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  // The kernel refuses an unprivileged user a /sys that may be written to where this one may not.
  if (::statvfs(k_sys, &old) == 0 && (old.f_flag & ST_RDONLY) != 0) flags |= MS_RDONLY;
  // It stays below its own part: an unmount would wait for a grace period of RCU.
  if (::mount("sysfs", k_interfaces, "sysfs", flags, nullptr) != 0) return;
  const UniqueFd interfaces = take_mount(k_interfaces + std::string("/class/net"));
  const UniqueFd devices = take_mount(k_interfaces + std::string("/devices/virtual/net"));
  if (interfaces.valid()) (void)put_mount(interfaces, k_interfaces);
  if (devices.valid()) (void)put_mount(devices, k_virtual_interfaces);
}

Result<void> raise_loopback() {
  constexpr const char* k_what = "raise the loopback interface";
  const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!any.valid()) return system_error(k_what);
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(any.get(), SIOCSIFFLAGS, &loopback) != 0) return system_error(k_what);
  return {};
}

Result<void> join_network(int network) {
  const UniqueFd owner(::ioctl(network, k_get_user_namespace));
  struct stat theirs {};
  struct stat ours {};
  if (!owner.valid() || ::fstat(owner.get(), &theirs) != 0) {
    return system_error("find the user namespace of a network");
  }
  const bool is_ours = ::stat("/proc/self/ns/user", &ours) == 0 && ours.st_ino == theirs.st_ino;
  if (!is_ours && ::setns(owner.get(), CLONE_NEWUSER) != 0) {
    return system_error("join the user namespace of a network");
  }
  if (::setns(network, CLONE_NEWNET) != 0) return system_error("join a network");
  return {};
}

}  // namespace holdfast::os
