// Whether Ninja would make programs anew by the times of files, in the way of Ninja.
//
// Ninja says it itself, with one exception: if an input of a step is dirty, Ninja gives no other
// reason for the step. What a step makes that runs in each build is dirty in each dry run, and so
// hides that another input is newer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "affected/ninja.hpp"
#include "affected/ninja_tools.hpp"
#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

// Files as Ninja has them.
using NinjaNames = std::set<std::string, std::less<>>;

// When a file was last written, ns since 1970; 0: it does not exist. The path is as Ninja has it.
using TimeOf = std::function<std::int64_t(std::string_view path)>;

// For each of `targets`, whether one of the files that lead to it is `dirty`, or is newer than what
// a step makes of it. Steps that run in each build do not count.
std::vector<bool> are_old(const std::vector<std::string>& targets, const NinjaTexts& texts,
                          const NinjaNames& dirty, const TimeOf& time_of);

// Whether the programs of tests are older than their sources, by what Ninja would do.

// What a dry run of Ninja says, taken apart (affected/ninja_tools.hpp reads its other tools).
// Pure. Seen with Ninja 1.11 to 1.13.

// Why Ninja would do something, by `ninja -d explain`.
struct Reasons {
  std::vector<std::string> all = {};    // sentences of Ninja
  std::vector<std::string> newer = {};  // files that are newer than what is made of them
  NinjaNames dirty = {};    // outputs that Ninja makes for these reasons, or lost inputs
  bool is_unclear = false;  // a sentence does not say which output it is about
  bool has_others = false;  // see below
};
// Leaves out that something is made again because a step before it runs. Also leaves out steps that
// run each time, and what never exists: an output that does not exist although it was built
// (`logged` has it), or that no step makes. With -n, Ninja cannot know that nothing follows from
// such a step: what was left out for this reason is in `has_others`.
void read_reasons(std::string_view explained, const NinjaLog& logged, Reasons& reasons);

struct BuildOrder {
  NinjaTree ninja;
  std::string command = {};                // builds the tree
  std::vector<std::string> programs = {};  // of tests, absolute; those that exist
  std::vector<std::string> missing = {};   // those that do not
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

// Returns the names of the tests that need a program.
using TestsOfProgram = std::function<std::vector<std::string>(const std::string& path)>;

Findings check_build(const BuildOrder& order, const Build& build, const TestsOfProgram& tests_of);

}  // namespace holdfast::doctor
