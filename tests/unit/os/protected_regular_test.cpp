// fs.protected_regular (proc_sys_fs(5)): in a sticky directory that all may write to, the kernel
// refuses O_CREAT on another user's file with EACCES, even if the file exists and one may open it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_file.hpp"
#include "os/refused_files.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

constexpr uid_t k_nobody = 65534;

LockSpec two_of_three() { return {"gpu", LockMode::counted, 2, 3, LockScope::user}; }

bool can_take(const Scratch& scratch) {
  Result<LockRequest> request = LockRequest::open_in(scratch.open(), two_of_three(), 0600);
  if (!request) ::dprintf(2, "failed to %s\n", request.error().message.c_str());
  return request && *request->try_take();
}

constexpr int k_no_filter = 77;

TEST(ProtectedRegular, ALockThatHasItsFilesIsTakenWithoutAskingToMakeThem) {
  const Scratch scratch;
  ASSERT_TRUE(can_take(scratch));
  Child taker([&] {
    if (!refuse_to_open_with(O_CREAT, EACCES)) return k_no_filter;
    return can_take(scratch) ? 0 : 1;
  });
  const int code = taker.wait();
  if (code == k_no_filter) GTEST_SKIP() << "needs seccomp(2), to refuse O_CREAT";
  EXPECT_EQ(code, 0);
}

TEST(ProtectedRegular, WhatIsMissingIsAskedForAndItsRefusalIsAClearError) {
  const Scratch scratch;
  Child taker([&] {
    if (!refuse_to_open_with(O_CREAT, EACCES)) return k_no_filter;
    const Result<UniqueFd> file = open_regular(scratch.open(), "f", 0600);
    return !file && file.error().message == "open f: Permission denied" ? 0 : 1;
  });
  const int code = taker.wait();
  if (code == k_no_filter) GTEST_SKIP() << "needs seccomp(2), to refuse O_CREAT";
  EXPECT_EQ(code, 0);
}

TEST(ProtectedRegular, WhereTheKernelDoesItAnothersFileIsOpened) {
  const Result<std::string> setting = read_file("/proc/sys/fs/protected_regular");
  if (!setting || *setting == "0\n") GTEST_SKIP() << "fs.protected_regular is 0 on this machine";
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a file to another user";
  const Scratch scratch;
  ASSERT_EQ(::chmod(scratch.path(".").c_str(), 01777), 0);
  ASSERT_TRUE(open_regular(scratch.open(), "f", 0666));
  ASSERT_EQ(::chown(scratch.path("f").c_str(), k_nobody, k_nobody), 0);
  const UniqueFd asking(::open(scratch.path("f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  ASSERT_FALSE(asking.valid()) << "this is what the plain open is for";
  EXPECT_TRUE(open_regular(scratch.open(), "f", 0666));
}

}  // namespace
}  // namespace holdfast::os
