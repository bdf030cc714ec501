#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "doctor/found.hpp"
#include "doctor/machine/tools.hpp"
#include "os/process/execute.hpp"

namespace holdfast::doctor {
namespace {

using Answer = ToolState::Answer;

Tool tool(ToolIs is, const std::string& name, ToolState state, const std::string& setting = "") {
  Tool one{is, name, "/usr/bin/" + name, "", setting};
  one.state = std::move(state);
  return one;
}

const ToolState k_missing{Answer::missing};

ToolState version(const std::string& number) { return {Answer::version, number, number}; }

Tools usual_tools() {
  Tools tools;
  tools.tree = "/b";
  tools.patience = Milliseconds{1000};
  tools.all = {tool(ToolIs::cmake, "cmake", version("3.25.1"), "CMAKE_COMMAND"),
               tool(ToolIs::compiler, "c++", version("12.2.0"), "CMAKE_CXX_COMPILER"),
               tool(ToolIs::git, "git", version("2.39.5")),
               tool(ToolIs::debugger, "gdb", version("13.1")),
               tool(ToolIs::debugger, "eu-stack", k_missing)};
  return tools;
}

TEST(Tools, ThoseThatAreThereAreNoFinding) {
  EXPECT_EQ(kinds_of(check_tools(usual_tools())), Kinds{});
  EXPECT_EQ(describe(usual_tools()), "cmake 3.25.1, c++ 12.2.0, git 2.39.5, gdb 13.1");
}

TEST(Tools, OneThatTheTreeNamesAndThatIsGoneIsWrong) {
  Tools tools = usual_tools();
  tools.all[1].state = k_missing;
  const Findings found = check_tools(tools);
  ASSERT_EQ(kinds_of(found), Kinds{"tool_missing"});
  EXPECT_EQ(found[0].what,
            "/usr/bin/c++ does not exist, and the build tree needs it (CMAKE_CXX_COMPILER)");
  EXPECT_EQ(found[0].command, "cmake --fresh -B /b");
}

TEST(Tools, OneThatNobodyNamesIsLookedForInPath) {
  Tools tools = usual_tools();
  tools.all[0] = {ToolIs::cmake, "cmake", ""};
  tools.all[0].state = k_missing;
  const Findings found = check_tools(tools);
  ASSERT_EQ(kinds_of(found), Kinds{"tool_missing"});
  EXPECT_EQ(found[0].what, "cmake is not in PATH");
  EXPECT_EQ(found[0].command, "");
}

TEST(Tools, OneThatSaysNoVersionIsNoFinding) {
  Tools tools = usual_tools();
  tools.all[1].configured = "12.2.0";
  for (Tool& one : tools.all) one.state = {Answer::version, "", "hello"};
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{});
  EXPECT_EQ(describe(tools).find("cmake (no version), c++ (no version), "), 0U) << describe(tools);
}

TEST(Tools, OneThatHangsOrFailsIsWrong) {
  Tools tools = usual_tools();
  tools.all[0].state = {Answer::hangs};
  tools.all[3].state = {Answer::fails, "", "`gdb --version` ended with exit code 127"};
  tools.all[4].state = version("0.188");
  const Findings found = check_tools(tools);
  ASSERT_EQ(kinds_of(found), (Kinds{"tool_hangs", "tool_fails"}));
  EXPECT_EQ(found[0].what, "/usr/bin/cmake --version gave no answer within 1.0 s");
  EXPECT_EQ(found[0].where, "/usr/bin/cmake");
  EXPECT_EQ(found[0].command, "/usr/bin/cmake --version");
  EXPECT_EQ(found[1].what, "`gdb --version` ended with exit code 127");
  EXPECT_EQ(found[1].where, "/usr/bin/gdb");
  EXPECT_EQ(found[1].advice, "install it anew");
  EXPECT_EQ(found[1].command, "/usr/bin/gdb --version");
}

TEST(Tools, OneThatWeCouldNotStartIsNotToBlame) {
  Tools tools = usual_tools();
  tools.all[3].state = {Answer::fails, "", "`gdb --version` could not be started", true};
  const Findings found = check_tools(tools);
  ASSERT_EQ(kinds_of(found), Kinds{"tool_fails"});
  EXPECT_EQ(found[0].advice, "raise the limits of this shell, and look again");
  tools.all[3].state = {Answer::hangs};
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{"tool_hangs"});
}

TEST(Tools, AnOldCmakeIsWrong) {
  Tools tools = usual_tools();
  tools.all[0].state = version("3.24.4");
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{"tool_too_old"});
  for (const char* number : {"3.25", "3.100.0", "4.0.0"}) {
    tools.all[0].state = version(number);
    EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{}) << number;
  }
}

TEST(Tools, AnOldCtestIsWrongToo) {
  Tools tools = usual_tools();
  tools.all.push_back(tool(ToolIs::ctest, "ctest", version("3.20.0")));
  const Findings found = check_tools(tools);
  ASSERT_EQ(kinds_of(found), Kinds{"tool_too_old"});
  EXPECT_EQ(found[0].where, "/usr/bin/ctest");
}

TEST(Tools, ACompilerThatWasChangedIsWorthKnowing) {
  Tools tools = usual_tools();
  tools.all[1].configured = "12.2.0";
  tools.all[1].state = {Answer::version, "12.2", "g++ (Debian 12.2-14) 12.2.0\nCopyright"};
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{});
  tools.all[1].state.said = "12.2.0";
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{});
  tools.all[1].state.said = "g++ (Debian 13.2.0-1) 13.2.0";
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{"compiler_changed"});
  tools.all[1].state.said = "g++ 112.2.0 or 12.2.01";
  const Findings found = check_tools(tools);
  ASSERT_EQ(kinds_of(found), Kinds{"compiler_changed"});
  EXPECT_EQ(found[0].what,
            "/usr/bin/c++ has version 12.2, and the tree was configured with 12.2.0");
  EXPECT_EQ(found[0].where, "/b");
  EXPECT_EQ(found[0].command, "cmake --fresh -B /b");
}

TEST(Tools, GitIsMissedOnlyInARepositoryAndADebuggerOnlyIfThereIsNone) {
  Tools tools = usual_tools();
  tools.all[2].state = k_missing;
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{});
  tools.has_repository = true;
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{"no_git"});
  tools.all[3].state = k_missing;
  EXPECT_EQ(kinds_of(check_tools(tools)), (Kinds{"no_git", "no_stack_tool"}));
}

TEST(Tools, AVersionIsTheFirstNumberWithADot) {
  const struct {
    std::string_view text;
    std::string_view version;
  } rows[] = {
      {"cmake version 3.25.1\n\nCMake suite", "3.25.1"},
      {"1.11.1\n", "1.11.1"},
      {"GNU gdb (Debian 13.1-3) 13.1", "13.1"},
      {"g++ (Debian 12.2.0-14+deb12u1) 12.2.0", "12.2.0"},
      {"Debian clang version 14.0.6", "14.0.6"},
      {"cmake version 4.4.20261101-gabc", "4.4.20261101"},
      {"version 3. and 4", ""},
      {"version 3.", ""},
      {"version 3.1.", "3.1"},
      {"no number", ""},
      {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(version_in(row.text), row.version);
}

TEST(NeededTools, TheVersionOfGccAndClangIsKnown) {
  const std::string text =
      "set(CMAKE_CXX_COMPILER \"/usr/bin/c++\")\n"
      "set(CMAKE_CXX_COMPILER_ID \"GNU\")\nset(CMAKE_CXX_COMPILER_VERSION \"12.2.0\")\n";
  EXPECT_EQ(configured_compiler(text, "CXX").program, "/usr/bin/c++");
  EXPECT_EQ(configured_compiler(text, "CXX").version, "12.2.0");
  EXPECT_EQ(configured_compiler("set(CMAKE_C_COMPILER_ID \"Clang\")\n"
                                "set(CMAKE_C_COMPILER_VERSION \"14.0.6\")\n",
                                "C")
                .version,
            "14.0.6");
  EXPECT_EQ(configured_compiler(text, "C").program, "");
  EXPECT_EQ(configured_compiler(text, "C").version, "");
  EXPECT_EQ(configured_compiler("set(CMAKE_C_COMPILER_ID \"NVHPC\")\n"
                                "set(CMAKE_C_COMPILER_VERSION \"1.2\")\n",
                                "C")
                .version,
            "");
}

TEST(NeededTools, AProgramThatStartsTheCompilerHasAnotherVersion) {
  const auto with = [](const std::string& words) {
    return configured_compiler(
        "set(CMAKE_C_COMPILER \"/usr/bin/ccache\")\n"
        "set(CMAKE_C_COMPILER_ARG1 \"" +
            words +
            "\")\n"
            "set(CMAKE_C_COMPILER_ID \"GNU\")\n"
            "set(CMAKE_C_COMPILER_VERSION \"12.2.0\")\n",
        "C");
  };
  EXPECT_FALSE(with("").is_launcher);
  EXPECT_FALSE(with(" -m32 --sysroot=/x").is_launcher);
  EXPECT_EQ(with(" -m32").version, "12.2.0");
  EXPECT_TRUE(with(" gcc").is_launcher);
  EXPECT_TRUE(with("-x gcc").is_launcher);
  EXPECT_EQ(with(" gcc").version, "");
}

namespace fs = std::filesystem;

// A directory with files, for tools that are real.
class RealTools : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-test-tools-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
  }
  void TearDown() override { fs::remove_all(top_); }

  std::string write(const std::string& file, const std::string& text) const {
    const fs::path path = fs::path(top_) / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  Tool script(ToolIs is, const std::string& name, const std::string& text) const {
    Tool one{is, name, write(name, "#!/bin/sh\n" + text + "\n")};
    fs::permissions(one.path, fs::perms::owner_all);
    return one;
  }

  // Sets the variable until the end of this object.
  class Variable {
   public:
    Variable(const char* name, const std::string& value) : name_(name) {
      const char* const before = ::getenv(name);
      was_set_ = before != nullptr;
      if (was_set_) before_ = before;
      ::setenv(name, value.c_str(), 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() {
      if (was_set_) {
        ::setenv(name_, before_.c_str(), 1);
      } else {
        ::unsetenv(name_);
      }
    }

   private:
    const char* name_;
    bool was_set_ = false;
    std::string before_;
  };

  std::string top_;
};

TEST_F(RealTools, SayTheirVersionsInEnglishAndWithoutTmpdir) {
  const Variable locale("LC_ALL", "de_DE.UTF-8");
  const Variable tmpdir("TMPDIR", top_);
  Tools tools;
  tools.patience = Milliseconds{60'000};
  tools.all = {script(ToolIs::build_tool, "make", "echo \"1.2 $1 $LC_ALL ${TMPDIR-none}\"")};
  ask_for_versions(tools);
  EXPECT_EQ(tools.all[0].state.answer, Answer::version);
  EXPECT_EQ(tools.all[0].state.version, "1.2");
  EXPECT_EQ(tools.all[0].state.said, "1.2 --version C none\n");
}

TEST_F(RealTools, ThatCannotSayItAreToldApart) {
  Tools tools;
  tools.patience = Milliseconds{60'000};
  tools.all = {script(ToolIs::compiler, "cc", "echo no licence >&2; exit 3"),
               {ToolIs::git, "git", ""},
               {ToolIs::debugger, "gdb", top_ + "/nobody"},
               {ToolIs::build_tool, "ninja", write("ninja", "#!/bin/sh\necho 1.11\n")}};
  ask_for_versions(tools);
  std::vector<Answer> answers;
  for (const Tool& one : tools.all) answers.push_back(one.state.answer);
  EXPECT_EQ(answers,
            (std::vector<Answer>{Answer::fails, Answer::missing, Answer::missing, Answer::fails}));
  EXPECT_TRUE(tools.all[0].state.said.ends_with(" ended with exit code 3: no licence"))
      << tools.all[0].state.said;
  EXPECT_EQ(tools.all[3].state.said, "failed to execute " + top_ + "/ninja: Permission denied");
}

TEST_F(RealTools, AProgramThatStartsTheCompilerIsNotStarted) {
  const std::string started = top_ + "/started";
  Tools tools;
  tools.patience = Milliseconds{60'000};
  tools.all = {script(ToolIs::launcher, "ccache", "touch '" + started + "'; echo 4.8"),
               script(ToolIs::git, "git", "echo 2.39.5")};
  ask_for_versions(tools);
  EXPECT_FALSE(fs::exists(started));
  EXPECT_EQ(describe(tools), "git 2.39.5");
  tools.all[0].path = top_ + "/nobody";  // but it must be there
  ask_for_versions(tools);
  EXPECT_EQ(tools.all[0].state.answer, Answer::missing);
}

TEST_F(RealTools, ATreeNeedsThoseThatItNames) {
  write("b/CMakeFiles/3.25.1/CMakeCCompiler.cmake",
        "set(CMAKE_C_COMPILER \"/x/cc\")\nset(CMAKE_C_COMPILER_ID \"GNU\")\n"
        "set(CMAKE_C_COMPILER_VERSION \"12.2.0\")\n");
  fs::create_directories(top_ + "/src/.git");
  fs::create_directories(top_ + "/src/sub");
  const std::map<std::string, std::string> cache{
      {"CMAKE_CACHE_MAJOR_VERSION", "3"},   {"CMAKE_CACHE_MINOR_VERSION", "25"},
      {"CMAKE_CACHE_PATCH_VERSION", "1"},   {"CMAKE_COMMAND", "/x/cmake3"},
      {"CMAKE_CTEST_COMMAND", "/x/ctest3"}, {"CMAKE_MAKE_PROGRAM", "/x/ninja"},
      {"CMAKE_C_COMPILER", "/x/said-once"}, {"CMAKE_C_COMPILER_LAUNCHER", "/x/ccache;-v"},
      {"CMAKE_CXX_COMPILER", "/x/c++"},     {"CMAKE_HOME_DIRECTORY", top_ + "/src/sub"}};
  const auto cached = [&](const std::string& name) {
    const auto found = cache.find(name);
    return found == cache.end() ? std::string() : found->second;
  };
  const Tools tools = needed_tools(top_ + "/b", cached, Milliseconds{7});
  std::vector<std::string> named;
  for (const Tool& one : tools.all) {
    if (one.setting.empty()) continue;
    named.push_back(one.setting + ": " + one.name + " " + one.path + " " + one.configured);
  }
  EXPECT_EQ(named, (std::vector<std::string>{
                       "CMAKE_COMMAND: cmake /x/cmake3 ", "CMAKE_CTEST_COMMAND: ctest /x/ctest3 ",
                       "CMAKE_MAKE_PROGRAM: ninja /x/ninja ", "CMAKE_C_COMPILER: cc /x/cc 12.2.0",
                       "CMAKE_C_COMPILER_LAUNCHER: ccache /x/ccache ",
                       "CMAKE_CXX_COMPILER: c++ /x/c++ "}));
  EXPECT_EQ(tools.all[2].is, ToolIs::build_tool);
  EXPECT_EQ(tools.all[4].is, ToolIs::launcher);
  EXPECT_TRUE(tools.has_repository);
  EXPECT_EQ(tools.tree, top_ + "/b");
  EXPECT_EQ(tools.patience, Milliseconds{7});
}

TEST_F(RealTools, ATreeMayNameThemByWordsOfPath) {
  const std::map<std::string, std::string> cache{{"CMAKE_MAKE_PROGRAM", "sh"},
                                                 {"CMAKE_CXX_COMPILER", "no-such-compiler"},
                                                 {"CMAKE_Fortran_COMPILER", "/x/fc"},
                                                 {"CMAKE_Fortran_COMPILER_LAUNCHER", "env"},
                                                 {"CMAKE_HOME_DIRECTORY", top_}};
  const auto cached = [&](const std::string& name) {
    const auto found = cache.find(name);
    return found == cache.end() ? std::string() : found->second;
  };
  const Tools tools = needed_tools(top_ + "/b", cached, Milliseconds{7});
  std::vector<std::string> paths;
  for (const Tool& one : tools.all) {
    if (!one.setting.empty()) paths.push_back(one.path);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{os::find_program("sh"), "no-such-compiler", "/x/fc",
                                             os::find_program("env")}));
  EXPECT_FALSE(tools.has_repository);
}

TEST_F(RealTools, WithoutATreeOnlyThoseOfTheMachineAreNeeded) {
  const auto cached = [](const std::string&) { return std::string("/x/y"); };
  std::vector<std::string> names;
  for (const Tool& one : needed_tools("", cached, Milliseconds{7}).all) names.push_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"cmake", "ctest", "git", "gdb", "eu-stack"}));
}

TEST_F(RealTools, ALimitOfDescriptorsIsNotTheFaultOfATool) {
  Tools tools;
  tools.patience = Milliseconds{60'000};
  tools.all = {script(ToolIs::git, "git", "echo 2.39.5")};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{static_cast<rlim_t>(::dup(0)), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  ask_for_versions(tools);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ::close(static_cast<int>(few.rlim_cur));
  EXPECT_EQ(tools.all[0].state.answer, Answer::fails) << tools.all[0].state.said;
  EXPECT_TRUE(tools.all[0].state.is_for_limits) << tools.all[0].state.said;
}

TEST(Tools, AVersionWithFurtherNumbersIsNewerUnlessTheyAreZero) {
  EXPECT_TRUE(is_older("3.25", "3.25.1"));
  EXPECT_FALSE(is_older("3.25.1", "3.25"));
  EXPECT_FALSE(is_older("3.25", "3.25.0"));
  EXPECT_FALSE(is_older("3.25", "3.25"));
  EXPECT_TRUE(is_older("3.9", "3.10"));
}

}  // namespace
}  // namespace holdfast::doctor
