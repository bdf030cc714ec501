// The programs that a build tree needs.
#pragma once

#include <functional>
#include <string>

#include "doctor/machine/tools.hpp"

namespace holdfast::doctor {

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
