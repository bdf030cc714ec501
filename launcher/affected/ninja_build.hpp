// Makes a graph of what Ninja says of a build tree, and looks at the files: what is not built, or
// not since a file changed, is in doubt.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "affected/affected_tests.hpp"
#include "affected/build_graph.hpp"
#include "affected/named_files.hpp"
#include "affected/ninja.hpp"
#include "affected/ninja_tools.hpp"

namespace holdfast::cli {

// What is known of changes before Ninja is asked: names of FileNames.
struct ChangedNames {
  std::unordered_set<std::string> files = {};
  std::unordered_set<std::string> untracked = {};  // those that git does not track
  std::unordered_set<std::string> links = {};      // those that are links now
};

struct NinjaBuild {
  BuildGraph graph = {};  // its paths are names of FileNames
  BuildGraph::Node manifest = 0;
  std::string newer_than_manifest = {};  // a file; empty: the manifest holds
  std::vector<Doubt> doubts = {};
  // Those of ChangedNames::untracked that a step makes, and that are newer than what is made from
  // them: somebody wrote them, or has run that step alone.
  std::unordered_set<BuildGraph::Node> rewritten = {};
  // Nothing is compiled yet: all that sources include is known by their texts alone.
  bool is_unbuilt = false;
  std::unordered_set<BuildGraph::Node> compiled = {};  // the sources of compile steps
  std::unordered_set<BuildGraph::Node> objects = {};   // what compile steps make
  VerifiedGlobs globs = {};                            // of names of FileNames
};

// What compilers were seen to read counts as an input. For a source of C or C++ that is newer than
// that, or not compiled, what it includes by its text counts, too (step_commands.hpp). So does a
// changed link through which the path of an input leads. That a changed file is newer than what is
// made from it raises no doubt.
NinjaBuild make_build(const doctor::NinjaTree& tree, const doctor::NinjaTexts& texts,
                      FileNames& names, const ChangedNames& changed);

}  // namespace holdfast::cli
