// Whether the programs of tests are older than their sources, by what Ninja would do.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

struct BuildOrder {
  std::string ninja = {};  // its path; empty: Ninja does not build the tree
  std::string tree = {};
  std::string file = {};              // "build.ninja"
  std::string command;                // builds the tree
  std::vector<std::string> programs;  // of tests, absolute; those that exist
  std::vector<std::string> missing;   // those that do not
  Milliseconds patience{0};           // for each call
  // So many groups of programs are asked for alone, where that is needed.
  std::size_t most_searches = 200;
};

struct MadeProgram {
  std::string path;
  std::string target;  // as Ninja calls it
};

struct Build {
  std::string trouble = {};                 // why Ninja does not say it; empty: it does
  std::vector<std::string> configure = {};  // why CMake has to run again, as Ninja says it
  std::vector<MadeProgram> old = {};        // of BuildOrder::programs
  std::vector<MadeProgram> missing = {};    // of BuildOrder::missing
  std::vector<std::string> newer = {};      // files that are newer than what is made of them
  std::size_t unseen = 0;                   // programs of which nothing is known
};

// Starts `ninja -n` and tools of Ninja that only read. Builds nothing.
Build look_at_build(const BuildOrder& order);

// `tests_of` gives the names of the tests that need a program.
template <typename TestsOf>
Findings check_build(const BuildOrder& order, const Build& build, TestsOf tests_of);

// The two parts of check_build().
Findings check_configuration(const BuildOrder& order, const Build& build);
Finding finding_of(const BuildOrder& order, const MadeProgram& program,
                   const std::vector<std::string>& tests);

template <typename TestsOf>
Findings check_build(const BuildOrder& order, const Build& build, TestsOf tests_of) {
  Findings all = check_configuration(order, build);
  for (const MadeProgram& one : build.old) {
    all.push_back(finding_of(order, one, tests_of(one.path)));
  }
  return all;
}

}  // namespace holdfast::doctor
