// A directory of a test's own below the build tree. It is removed at the end unless the test
// failed.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

#include "os/file/descriptors.hpp"

namespace holdfast::os {

class Scratch {
 public:
  Scratch() {
    std::filesystem::create_directories(HOLDFAST_SCRATCH);
    std::string path = HOLDFAST_SCRATCH "/XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = path;
  }
  ~Scratch() {
    if (testing::Test::HasFailure()) {
      std::cout << "kept for inspection: " << path_ << '\n';
      return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  UniqueFd open() const {
    return UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

 private:
  std::string path_;
};

inline unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

}  // namespace holdfast::os
