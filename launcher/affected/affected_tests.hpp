// Which tests a change of files affects. Pure: what Ninja, git, ctest and holdfast.toml say goes
// in; the tests come out, each with its reasons.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "affected/build_graph.hpp"
#include "affected/ninja_tools.hpp"
#include "base/text.hpp"

namespace holdfast {

// Tests that a rule of holdfast.toml names: their indexes in AffectedQuestion::tests.
struct RuledTests {
  std::string origin;  // "holdfast.toml:12, [[affected]]"
  std::vector<std::size_t> tests;
};

struct ChangedFile {
  std::string shown;  // its path, for people
  BuildGraph::Node node = 0;
  bool is_in_build = false;  // Ninja knows the file
  bool is_ignored = false;   // a rule says that no test needs it; counts only if nobody knows it
  bool is_documentation = false;        // likewise
  std::vector<std::size_t> rules = {};  // those that match: indexes in AffectedQuestion::rules
};

// An output whose inputs are not known for sure, because it is not built, or older than one of
// them.
struct Doubt {
  BuildGraph::Node output = 0;
  std::string why = {};  // goes on after the output's path: "is not built"
};

// What Ninja says of a build tree, and what the files there are like. Paths are names of FileNames
// (affected/named_files.hpp).
struct NinjaBuild {
  BuildGraph graph = {};
  BuildGraph::Node manifest = 0;  // Ninja's own file, which CMake writes
  // A file that is newer than the manifest, so that the graph is no longer right. Empty: there is
  // none.
  std::string newer_than_manifest = {};
  std::vector<Doubt> doubts = {};
  // Files that git does not track and a step makes, and that are newer than what is made from
  // them: somebody wrote them, or has run that step alone.
  std::unordered_set<BuildGraph::Node> rewritten = {};
  // Nothing is compiled yet: all that sources include is known by their texts alone.
  bool is_unbuilt = false;
  std::unordered_set<BuildGraph::Node> compiled = {};  // the sources of compile steps
  std::unordered_set<BuildGraph::Node> objects = {};   // what compile steps make
  VerifiedGlobs globs = {};                            // of names of FileNames
};

struct NamedFile {
  BuildGraph::Node node = 0;
  std::string_view by;  // what names it: "command", "ENVIRONMENT", "service db"
};

// Files that a test names together, or of which it may name some.
struct FileGroup {
  enum class Kind : std::uint8_t {
    // All files below `path`, apart from those in CMake's own directories (CMakeFiles).
    directory,
    // Of the files below `path`, those that changed and that the build does not know.
    not_built,
    // The files that fit `path` (file_glob.hpp), which the test names.
    glob,
    // The same, but nobody knows which of them the test means.
    doubt,
  };
  Kind kind = Kind::directory;
  std::string path;
  // Whoever names the group knows its files. Of a directory, sources are known only to a test that
  // builds them.
  bool makes_known = true;

  friend auto operator<=>(const FileGroup&, const FileGroup&) = default;
};

struct NamedGroup {
  std::size_t group = 0;  // its index in AffectedQuestion::groups
  std::string_view by;    // as NamedFile::by
  std::string shown;      // as the test has it
};

// What is wrong with the program of a test.
enum class ProgramTrouble : std::uint8_t {
  none,
  missing,         // it does not exist, and Ninja does not make it
  made_elsewhere,  // it, or what else the test names, is compiled, in the build tree, and not
                   // made by Ninja
};

struct CandidateTest {
  std::string name;
  std::vector<NamedFile> files = {};  // those that are nodes of the graph, each once
  std::string program = {};  // as its command names it; or another file that is made_elsewhere
  ProgramTrouble trouble = ProgramTrouble::none;
  std::vector<NamedGroup> groups = {};
  bool builds = false;  // it starts a build of its own
};

// What some tests do for others: a fixture, or a name that DEPENDS has. If a provider is affected,
// then the users are. Indexes in AffectedQuestion::tests.
struct Preparation {
  std::string shown;  // "fixture db", "DEPENDS"
  std::vector<std::size_t> providers = {};
  std::vector<std::size_t> users = {};
};

struct AffectedQuestion {
  const NinjaBuild& build;
  std::string tree;                       // the build tree, as paths of the graph have it
  std::vector<ChangedFile> changes = {};  // each with a node of its own
  std::vector<CandidateTest> tests = {};  // in ctest's order
  std::vector<RuledTests> rules = {};
  std::vector<Preparation> preparations = {};
  std::vector<FileGroup> groups = {};
};

// Why a test is affected.
enum class Because : std::uint8_t {
  rebuilt,          // Ninja makes `through` anew, because of `file`
  named,            // `file`, which the test's `through` names, changed itself
  below,            // the test's `why` names `through`, a directory that has or needs `file`
  unclear,          // `through` of the test's `why` may lead to what is made from `file`
  nested,           // the test starts a build, which may read `file`
  ruled,            // `file` changed, and the rule at `through` names the test
  needs,            // the test `file` is affected, which provides `through`
  configured,       // CMake reads `file` when it configures the tree: all tests
  not_configured,   // `file` is newer than what CMake wrote: all tests
  unknown,          // nobody knows `file`: all tests
  doubtful,         // `file`, of which Ninja makes `through`, is the output of a Doubt
  missing_program,  // `through` does not exist
  made_elsewhere,   // Ninja does not make `through`
};
constexpr auto words_of(Because) {
  return word_list("rebuilt", "named", "below", "unclear", "nested", "rule", "needs", "configured",
                   "not_configured", "unknown", "doubtful", "missing_program", "made_elsewhere");
}

struct Reason {
  Because because = Because::rebuilt;
  std::string file = {};
  std::string through = {};
  std::string why = {};

  friend bool operator==(const Reason&, const Reason&) = default;
};

// One line, without the test's name: "src/a.cpp, through bin/unit".
std::string to_text(const Reason& reason);
// Returns the name of a reason in JSON.

// How certain it is that a change affects a test. The best reason counts.
enum class Certainty : std::uint8_t {
  none,            // it is not affected
  unclear,         // nobody knows which files it names, and a build does not help
  made_elsewhere,  // its program is not Ninja's, and a build does not help
  doubtful,        // a build would tell
  certain,
};

struct AffectedTest {
  std::size_t number = 0;  // ctest's, from 1
  std::string name;
  // For each file of the test and each rule, at most Reach::k_most_causes.
  std::vector<Reason> reasons;
  Certainty certainty = Certainty::none;
};

// Who knows a file that changed. The first one that knows it counts.
enum class KnownBy : std::uint8_t {
  configure,
  build,
  test,
  rule,
  ignored,
  documentation,
  nobody,
};
constexpr auto words_of(KnownBy) {
  return word_list("configure", "build", "test", "rule", "ignored", "documentation", "nobody");
}

struct Affected {
  std::vector<AffectedTest> tests;  // in ctest's order
  std::vector<KnownBy> known;       // one for each change
  // Why all tests are affected, at most Reach::k_most_causes; empty: only those that have a reason
  // of their own.
  std::vector<Reason> for_all;
};

Affected affected_by(const AffectedQuestion& question);

// The nodes of a group, also those that did not change.
std::vector<BuildGraph::Node> nodes_in(const PathIndex& index, const FileGroup& group);

// Returns a name by which Ninja and `cmake --build --target` make the node: a target's name if
// Ninja has it for this node alone, else the path from the build tree.
std::string target_name(const BuildGraph& graph, BuildGraph::Node node, std::string_view tree);

}  // namespace holdfast
