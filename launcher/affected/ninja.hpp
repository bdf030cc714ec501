// Asks Ninja what it knows of a build tree. Ninja builds nothing and writes nothing meanwhile.
#pragma once

#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"

namespace holdfast::doctor {

struct NinjaTree {
  std::string directory;  // without links
  std::string program;
  std::string manifest;               // build.ninja, or that of a configuration
  Milliseconds patience = k_longest;  // for each call
};

// What its tools print (affected/ninja_tools.hpp).
struct NinjaTexts {
  std::vector<std::string> graphs = {};  // together they have all steps
  std::string deps = {};
  std::string log = {};  // .ninja_log; empty: there is none
};

// The errors are sentences about the call that failed.
Result<NinjaTexts> ask_ninja(const NinjaTree& tree);

// What `ninja -t …` prints.
Result<std::string> ask_ninja_tool(const NinjaTree& tree, const std::vector<std::string>& words);

// Why Ninja would make these targets, in the words of `ninja -d explain`. The targets must fit into
// one command line.
Result<std::string> ask_ninja_why(const NinjaTree& tree, const std::vector<std::string>& targets);

std::string read_ninja_log_of(const NinjaTree& tree);  // empty: there is none

}  // namespace holdfast::doctor
