// The directory of a user's locks, for tests that must not use that of the user who tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "os/child_process.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::os {

// Runs as a user other than root, whose directory in /tmp no other process uses.
class UserDirectory : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    std::filesystem::remove_all(path());
  }
  void TearDown() override {
    if (::geteuid() == 0) std::filesystem::remove_all(path());
  }

  // Each test has its own user, because tests run at the same time.
  static uid_t user() {
    static const uid_t user = 1'900'000'000U + static_cast<uid_t>(::getpid()) % 100'000'000U;
    return user;
  }
  static std::string path() { return "/tmp/holdfast-" + std::to_string(user()); }

  static int as_user(const std::function<int()>& body) {
    Child child([&] {
      if (::setresgid(user(), user(), user()) != 0 || ::setresuid(user(), user(), user()) != 0)
        return 3;
      return user_directory_path() == path() ? body() : 4;
    });
    return child.wait();
  }
};

}  // namespace holdfast::os
