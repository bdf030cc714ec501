// Makes a graph of what Ninja says of a build tree, and looks at the files: what is not built, or
// not since a file changed, is in doubt.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "cli/affected/file_names.hpp"
#include "cli/affected/ninja_tree.hpp"
#include "core/affected/affected_tests.hpp"
#include "core/affected/build_graph.hpp"

namespace holdfast::cli {

struct NinjaBuild {
  BuildGraph graph = {};  // its paths are names of FileNames
  BuildGraph::Node manifest = 0;
  std::string newer_than_manifest = {};  // a file; empty: the manifest holds
  std::vector<Doubt> doubts = {};
};

// What compilers were seen to read counts as an input. `changed` has names of files whose change
// is known: that such a file is newer than what is made from it raises no doubt.
NinjaBuild make_build(const NinjaTree& tree, const NinjaTexts& texts, FileNames& names,
                      const std::unordered_set<std::string>& changed);

}  // namespace holdfast::cli
