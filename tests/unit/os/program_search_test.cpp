// How a program is found in PATH: when it is executed, and when we look for it.
#include "os/process/execute.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "os/child_process.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

class ProgramSearch : public testing::Test {
 protected:
  ProgramSearch() {
    for (const char* directory : {"plain", "directory/tool", "good", "empty"}) {
      fs::create_directories(at(directory));
    }
    for (const char* file : {"plain/tool", "good/tool"}) {
      std::ofstream(at(file)) << "#!/bin/sh\nexit 7\n";
    }
    ::chmod(at("plain/tool").c_str(), 0644);
    ::chmod(at("good/tool").c_str(), 0755);
  }

  std::string at(const std::string& name) const { return scratch_.path(name); }

  // The exit code of `tool` with this PATH; negative: the errno of its execution.
  static int executed(const std::string& path, const std::string& tool = "tool") {
    return executed_with([&] { ::setenv("PATH", path.c_str(), 1); }, {tool});
  }
  static int executed_with(const std::function<void()>& set,
                           const std::vector<std::string>& words) {
    Child child([&] {
      set();
      const Spawned spawned = spawn({pointers_to(words).data(), ::environ}, {});
      int status = 0;
      if (::waitpid(spawned.pid, &status, 0) != spawned.pid) return 255;
      return spawned.error != 0 ? 100 + spawned.error : WEXITSTATUS(status);
    });
    const int code = child.wait();
    return code > 100 ? 100 - code : code;
  }

  Scratch scratch_;
};

TEST_F(ProgramSearch, ItIsTheFirstThatMayBeExecuted) {
  const std::string path = at("empty") + ":" + at("plain") + ":" + at("directory") +
                           "::" + at("none") + ":" + at("good") + ":" + at("good") + "/";
  EXPECT_EQ(find_program(path, "tool"), at("good/tool"));
  EXPECT_EQ(executed(path), 7);
}

TEST_F(ProgramSearch, WhatMayNotBeExecutedIsNone) {
  for (const char* directory : {"empty", "plain", "directory", "none"}) {
    EXPECT_EQ(find_program(at(directory), "tool"), "") << directory;
  }
  EXPECT_EQ(find_program("", "tool"), "");
  EXPECT_EQ(find_program(".:bin", "tool"), "");
}

// As execvp(3) and shells tell it.
TEST_F(ProgramSearch, OneThatMayNotBeExecutedIsToldBeforeOneThatIsMissing) {
  EXPECT_EQ(executed(at("empty")), -ENOENT);
  EXPECT_EQ(executed(at("plain")), -EACCES);
  EXPECT_EQ(executed(at("plain") + ":" + at("empty")), -EACCES);
  EXPECT_EQ(executed(at("empty") + ":" + at("directory")), -EACCES);
}

TEST_F(ProgramSearch, WhatIsNoDirectoryIsPassedOver) {
  EXPECT_EQ(executed(at("plain/tool") + ":" + at("good")), 7);
  EXPECT_EQ(executed(std::string(5000, 'x') + ":" + at("good")), 7);
}

TEST_F(ProgramSearch, AnyOtherErrorEndsTheSearch) {
  fs::create_directories(at("loop"));
  fs::create_symlink("tool", at("loop/tool"));
  EXPECT_EQ(executed(at("loop") + ":" + at("good")), -ELOOP);
  EXPECT_EQ(executed(at("good"), ""), -ENOENT);
}

TEST_F(ProgramSearch, WithoutAPathTheUsualDirectoriesAreSearched) {
  const auto unset = [] { ::unsetenv("PATH"); };
  EXPECT_EQ(executed_with(unset, {"true"}), 0);
  EXPECT_EQ(executed_with(unset, {"tool"}), -ENOENT);
}

// As in ctest.
TEST_F(ProgramSearch, AScriptWithoutAFirstLineGoesToTheShellWithItsArguments) {
  std::ofstream(at("good/sum")) << "exit $(($1 + $2 + $#))\n";
  ::chmod(at("good/sum").c_str(), 0755);
  const auto set = [&] { ::setenv("PATH", at("good").c_str(), 1); };
  EXPECT_EQ(executed_with(set, {"sum", "30", "4"}), 36);
  EXPECT_EQ(executed_with(set, {at("good/sum"), "1", "2", "3"}), 6);
}

TEST_F(ProgramSearch, WhatCannotBeExecutedIsNamedWithItsInterpreter) {
  std::ofstream(at("script")) << "#!/no/such\n";
  const std::string begin = "failed to execute " + at("script") + ": ";
  EXPECT_EQ(execution_error(at("script"), ENOENT),
            begin + "No such file or directory (its interpreter /no/such is missing)");
  EXPECT_EQ(execution_error(at("script"), EACCES), begin + "Permission denied");
  EXPECT_EQ(execution_error("tool", ENOENT), "failed to execute tool: No such file or directory");
}

TEST_F(ProgramSearch, AnInterpreterThatIsMissingIsNamed) {
  const auto missing = [&](const std::string& first_line) {
    std::ofstream(at("script")) << first_line;
    return missing_interpreter(at("script"));
  };
  EXPECT_EQ(missing("#!/no/such -x\n"), "/no/such");
  EXPECT_EQ(missing("#! /bin/sh\r\n"), "/bin/sh\r");
  for (const char* const none : {"", "#!", "#!  ", "#!\n", "#!/bin/sh\n", "text"}) {
    EXPECT_EQ(missing(none), "") << none;
  }
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  for (const std::string& none : {at("fifo"), at("good"), at("none"), std::string("tool")}) {
    EXPECT_EQ(missing_interpreter(none), "") << none;
  }
}

}  // namespace
}  // namespace holdfast::os
