// Reads what Ninja's tools print (`ninja -t graph`, `-t targets`, `-t deps`), and depfiles. Paths
// are as Ninja has them: absolute, or relative to the build tree.
//
// The views in the results are parts of the text. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast {

struct NinjaStep {
  std::string_view rule;
  std::vector<std::string_view> inputs = {};
  std::vector<std::string_view> outputs = {};

  bool is_phony() const { return rule == "phony"; }
  // CMake's rules for compile steps are `<language>_COMPILER__<target>_…`. Such a step reads files
  // that are known only once it has run. A step that looks for modules (`_SCAN__`) reads no others.
  bool is_compile() const { return rule.find("_COMPILER__") != std::string_view::npos; }
};

struct NinjaGraph {
  std::vector<NinjaStep> steps;
  std::unordered_map<std::string_view, std::size_t> makers;  // by path: the step that makes it
};

// Adds what `ninja -t graph` prints (Graphviz). Two calls of Ninja show what both ask for: such a
// step is there once. Order-only inputs are left out, because a change of one does not make Ninja
// run the step. For a step with one input and one output, Ninja does not say whether the input is
// order-only.
void add_ninja_graph(std::string_view text, NinjaGraph& graph);

// Returns the names in what `ninja -t targets` prints: `NAME: RULE` in each line.
std::vector<std::string_view> read_ninja_targets(std::string_view text);

// What Ninja has recorded about one output.
struct RecordedInputs {
  std::string_view output;
  // The output was written after this was recorded (Ninja was killed), or is gone.
  bool is_stale = false;
  std::vector<std::string_view> inputs;
};

// Shows `see` one record after the other of what `ninja -t deps` prints. The record is there only
// during the call.
void read_ninja_deps(std::string_view text, const std::function<void(const RecordedInputs&)>& see);

// A time for each output, in ns since 1970.
using NinjaLog = std::unordered_map<std::string_view, std::int64_t>;

// Returns when each output in a log of Ninja (.ninja_log) was last up to date, by the times of its
// inputs. A command that leaves its output unchanged counts. The form of the log is the same from
// Ninja 1.9 to 1.13.
NinjaLog read_ninja_log(std::string_view text);

// A depfile, as a compiler writes it: rules of make whose targets are outputs, with `\` before
// blanks, `#`, `:` and line breaks, and `$$` for `$`.
struct DepfileRule {
  std::vector<std::string> outputs = {};
  std::vector<std::string> inputs = {};
};
std::vector<DepfileRule> read_depfile(std::string_view text);

// Which files CMake lists by file(GLOB … CONFIGURE_DEPENDS): if another one comes, or one goes, it
// configures the build tree again.
struct VerifiedGlobs {
  std::vector<std::string> patterns = {};          // values/file_glob.hpp
  std::set<std::string, std::less<>> listed = {};  // paths, as CMake has them

  // Whether CMake would list the file, and has not.
  bool would_add(std::string_view path) const;
};

// Reads CMakeFiles/VerifyGlobs.cmake, which CMake writes with calls such as
//
//   file(GLOB_RECURSE NEW_GLOB LIST_DIRECTORIES false "/p/res/*.txt")
//   set(OLD_GLOB
//     "/p/res/a.txt"
//     )
VerifiedGlobs read_verified_globs(std::string_view text);

}  // namespace holdfast
