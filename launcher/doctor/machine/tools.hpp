// Whether the programs that a build tree and Holdfast need are there, and which versions they have.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

enum class ToolIs : std::uint8_t { cmake, ctest, build_tool, compiler, launcher, git, debugger };

struct ToolState {
  enum class Answer : std::uint8_t { version, missing, hangs, fails };
  Answer answer = Answer::version;
  std::string version = {};    // empty: its words have none
  std::string said = {};       // all that it printed; if it fails, why
  bool is_for_limits = false;  // it fails because we could not start anything
};

struct Tool {
  ToolIs is = ToolIs::cmake;
  std::string name;  // "cmake"
  std::string path;  // empty: there is none of that name in PATH
  // For a compiler, the version that CMake has found when it configured the tree; empty: not known.
  std::string configured = {};
  // Where it says that the tree needs the tool: "CMAKE_CXX_COMPILER"; empty: PATH has it.
  std::string setting = {};
  ToolState state = {};
};

// What is needed, and what is known of it so far.
struct Tools {
  std::vector<Tool> all;
  bool has_repository = false;  // the sources are in a repository of git
  std::string tree = {};        // the build tree; empty: there is none
  Milliseconds patience{0};     // how long each of them had
};

// Asks all tools for their versions at the same time.
void ask_for_versions(Tools& tools);
Findings check_tools(const Tools& tools);
// A text such as `cmake 3.25.1, ninja 1.11.1`.
std::string describe(const Tools& tools);

// The first number with a dot in it: `13.1` of `GNU gdb (Debian 13.1-3) 13.1`. Empty: there is
// none.
std::string version_in(std::string_view text);

// Whether the version `one` is less than `other`; both are numbers with dots between.
bool is_older(std::string_view one, std::string_view other);

// The programs that a build tree needs.

// What CMake's cache of the tree says of a variable; empty: nothing.
using Cached = std::function<std::string(const std::string& name)>;

// Without a tree (empty), the programs that any tree needs. Starts none of them.
Tools needed_tools(const std::string& tree, const Cached& cached, Milliseconds patience);

// What CMake has found out about a compiler.
struct ConfiguredCompiler {
  std::string program = {};  // empty: it has found none
  // What `program` itself says of its version. Empty: not known, or it is no compiler that says the
  // same version as CMake.
  std::string version = {};
  bool is_launcher = false;  // it starts the compiler (CC="ccache gcc")
};

// Reads the text of a file of CMake, CMakeFiles/<version>/CMakeCXXCompiler.cmake.
ConfiguredCompiler configured_compiler(const std::string& text, const std::string& language);

}  // namespace holdfast::doctor
