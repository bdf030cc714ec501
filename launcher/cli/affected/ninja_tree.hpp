// Asks Ninja what it knows of a build tree. Ninja builds nothing and writes nothing meanwhile.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::cli {

struct NinjaTree {
  std::string directory;  // without links
  std::string program;
  std::string manifest;  // build.ninja, or that of a configuration
};

// `configuration` counts only in a tree that has several. The error is a sentence: the tree is not
// Ninja's, or has no such configuration.
Result<NinjaTree> find_ninja_tree(const std::string& directory, const std::string& configuration);

// What its tools print (core/affected/ninja_tools.hpp).
struct NinjaTexts {
  std::vector<std::string> graphs = {};  // together they have all steps
  std::string deps = {};
  std::string log = {};  // .ninja_log; empty: there is none
  // Returns the commands of all steps (`-t compdb`), which are seldom needed. Empty: Ninja cannot
  // print them.
  std::function<std::string()> ask_for_commands = {};
};
Result<NinjaTexts> ask_ninja(const NinjaTree& tree);

}  // namespace holdfast::cli
