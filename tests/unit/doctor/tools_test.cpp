#include <gtest/gtest.h>

#include "doctor/machine/tools.hpp"
#include "doctor/tree/needed_tools.hpp"
#include "found.hpp"

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

TEST(Tools, OneThatHangsOrFailsIsWrong) {
  Tools tools = usual_tools();
  tools.all[0].state = {Answer::hangs};
  tools.all[3].state = {Answer::fails, "", "`gdb --version` ended with exit code 127"};
  tools.all[4].state = version("0.188");
  const Findings found = check_tools(tools);
  ASSERT_EQ(kinds_of(found), (Kinds{"tool_hangs", "tool_fails"}));
  EXPECT_EQ(found[0].what, "/usr/bin/cmake --version gave no answer within 1.0 s");
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

TEST(Tools, ACompilerThatWasChangedIsWorthKnowing) {
  Tools tools = usual_tools();
  tools.all[1].configured = "12.2.0";
  tools.all[1].state = {Answer::version, "12.2", "g++ (Debian 12.2-14) 12.2.0\nCopyright"};
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{});
  tools.all[1].state.said = "g++ (Debian 13.2.0-1) 13.2.0";
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{"compiler_changed"});
  tools.all[1].state.said = "g++ 112.2.0 or 12.2.01";
  EXPECT_EQ(kinds_of(check_tools(tools)), Kinds{"compiler_changed"});
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

}  // namespace
}  // namespace holdfast::doctor
