// A process that an attempt has left.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"

namespace holdfast {

// A shell that does `first`, and then reads what nobody writes. Empty `attempt`: it has no tag.
class MarkedShell {
 public:
  explicit MarkedShell(const std::string& attempt, const std::string& first = ":")
      : child_([&] {
          const std::vector<std::string> words{"sh", "-c", first + "; echo there; read line"};
          std::vector<std::string> entries{"PATH=/usr/bin:/bin"};
          if (!attempt.empty()) entries.push_back("HOLDFAST_ATTEMPT_ID=" + attempt);
          ::dup2(silence_.read.get(), STDIN_FILENO);
          ::dup2(there_.write.get(), STDOUT_FILENO);
          ::execve("/bin/sh", os::pointers_to(words).data(), os::pointers_to(entries).data());
          return 2;
        }) {
    there_.write.reset();
    char text[6] = {};
    EXPECT_EQ(os::retried([&] { return ::read(there_.read.get(), text, sizeof text); }), 6);
  }

  os::Child& child() { return child_; }
  pid_t pid() const { return child_.pid(); }

 private:
  os::Pipe silence_ = std::move(*os::make_pipe());
  os::Pipe there_ = std::move(*os::make_pipe());
  os::Child child_;
};

}  // namespace holdfast
