#include "values/outcome.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(LostRights, FunctionsThatTakeRightsAwayAreKnownByTheirWholeName) {
  for (const char* function : {"setuid", "seteuid", "setgroups", "chroot", "unshare", "mount",
                               "setrlimit", "prlimit64", "syscall", "seccomp_load"}) {
    EXPECT_TRUE(takes_rights_away(function)) << function;
  }
  for (const char* function :
       {"setpgid", "setsid", "getuid", "getrlimit", "clone", "mountain", ""}) {
    EXPECT_FALSE(takes_rights_away(function)) << function;
  }
}

TEST(LostRights, LibrariesOfTheToolchainAreKnownWithAnyVersion) {
  for (const char* library :
       {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2",
        "libasan.so.8", "ld-musl-x86_64.so.1", "libc.musl-x86_64.so.1"}) {
    EXPECT_TRUE(is_of_toolchain(library)) << library;
  }
  for (const char* library : {"libcap.so.2", "libcurl.so.4", "libmine.so", "libcore.so"}) {
    EXPECT_FALSE(is_of_toolchain(library)) << library;
  }
}

}  // namespace
}  // namespace holdfast
