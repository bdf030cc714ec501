// Processes that look like launchers and guards of this process, which stands for ctest: by their
// names, their command lines and HOLDFAST_ATTACH.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/environment.hpp"
#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "values/attach.hpp"

namespace holdfast {

// By its number and start.
inline ProcessName process_of(const os::Child& child) {
  return {child.pid(), os::read_process_stat(child.pid())->start};
}

// Of a process that was, and is gone.
inline ProcessName dead_process() {
  os::Child child([] { return 0; });
  const ProcessName name = process_of(child);
  (void)child.wait();
  return name;
}

// Each is a shell with another name. It reads a pipe to which nobody writes.
class FakeSupervisors {
 public:
  // `title` is os::k_launcher_title or os::k_guard_title. `more`: the words after the attempt.
  // Returns when the process is what it seems to be.
  os::Child start(std::string_view title, const std::string& attempt, unsigned include_count = 1,
                  const std::vector<std::string>& more = {}) const {
    const std::string program = place_.path(std::string(title));
    if (!std::filesystem::exists(program)) std::filesystem::create_symlink("/bin/sh", program);
    std::ofstream(place_.path(attempt)) << "read line\n";
    const std::string entry = std::string(environment::k_attach) + "=" +
                              attach_beginning(ctest_, os::own_pid_namespace()) +
                              std::to_string(include_count) + " shop " + attached;
    os::Child child([&] {
      std::vector<std::string> words{std::string(title), attempt};
      words.insert(words.end(), more.begin(), more.end());
      const std::vector<std::string> entries{entry};
      if (::chdir(place_.path().c_str()) != 0) return 1;
      ::dup2(silence_.read.get(), STDIN_FILENO);
      ::execve(program.c_str(), os::pointers_to(words).data(), os::pointers_to(entries).data());
      return 2;
    });
    const bool is_there = os::becomes_true([&] {
      const std::vector<std::string> seen = os::first_environment_of(child.pid(), 1U << 16U);
      return std::ranges::find(seen, entry) != seen.end();
    });
    EXPECT_TRUE(is_there);
    return child;
  }

  const ProcessName& ctest() const { return ctest_; }
  // No other test has a process of this tree.
  const std::string& tree() const { return place_.path(); }

 private:
  os::Scratch place_;
  os::Pipe silence_ = std::move(*os::make_pipe(0));
  ProcessName ctest_ = os::own_name();

 public:
  std::string attached = tree();  // as ctest calls it, maybe by a link
};

}  // namespace holdfast
