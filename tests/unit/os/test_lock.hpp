// A lock that no other test and no real run has: a project of its own in the user's directory.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/names.hpp"
#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {

class TestLock {
 public:
  TestLock() : owner_(::getpid()) {
    static int count = 0;
    home_.project = "os-test-" + std::to_string(owner_) + "-" + std::to_string(own_name().start) +
                    "-" + std::to_string(++count);
  }
  ~TestLock() {
    if (::getpid() != owner_) return;
    std::error_code ignored;
    std::filesystem::remove_all(directory(), ignored);
    if (home_.tree.empty()) return;
    std::filesystem::remove_all(
        user_directory_path() + "/locks/" + scope_directory(LockScope::build, home_), ignored);
  }
  TestLock(const TestLock&) = delete;
  TestLock& operator=(const TestLock&) = delete;

  LockHome& home() { return home_; }
  const LockHome& home() const { return home_; }

  LockRequest request(const std::string& spec = "db", const LockLevel& level = {}) const {
    const Result<LockSpec> parsed = parse_lock_spec(spec);
    Result<LockRequest> opened = LockRequest::open(*parsed, home_, level);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

  std::string directory() const {
    return user_directory_path() + "/locks/project-" + home_.project;
  }
  std::string file(const std::string& name = "db") const {
    return directory() + "/" + name + "/lock";
  }

  // Whether another process has the file locked, as a script with flock(1) would see it.
  bool file_is_locked(int mode = LOCK_EX) const {
    const UniqueFd script(::open(file().c_str(), O_RDONLY | O_CLOEXEC));
    return ::flock(script.get(), mode | LOCK_NB) != 0;
  }

 private:
  pid_t owner_;
  LockHome home_;
};

// As try_take(), which must not fail.
inline bool takes(LockRequest& request) {
  const Result<bool> had = request.try_take();
  if (!had) throw std::runtime_error(had.error().message);
  return *had;
}

// Waits until it has the lock.
inline bool waits_and_has(LockRequest& request, Milliseconds patience = k_patience) {
  if (!request.start_waiting()) return false;
  if (!readable(request.ready_fd(), patience)) return false;
  const Result<bool> had = request.finish_waiting();
  return had && *had;
}

// Another process that has the lock. A waiter in a process that also held the lock would wait for
// itself, because its helper has copies of all our descriptors.
class Holder {
 public:
  explicit Holder(const TestLock& lock, const std::string& spec = "db")
      : process_([this, &lock, &spec] {
          LockRequest request = lock.request(spec);
          if (!takes(request)) return 1;
          told_.say("has it");
          return orders_.hear() == "let go" ? 0 : 2;
        }) {
    EXPECT_EQ(told_.hear(), "has it");
  }
  // Returns when the lock is free.
  void let_go() {
    orders_.say("let go");
    EXPECT_EQ(process_.wait(), 0);
  }

 private:
  Channel told_;
  Channel orders_;
  Child process_;
};

inline LockParty party_named(const std::string& test) {
  return {own_name(), boot_id(), test, "/tree", 1000};
}

}  // namespace holdfast::os
