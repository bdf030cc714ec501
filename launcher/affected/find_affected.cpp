#include "affected/find_affected.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <system_error>
#include <unordered_set>

#include "affected/git_changes.hpp"
#include "affected/named_files.hpp"
#include "affected/ninja_build.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "ctest/test_graph.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"
#include "report/describe.hpp"
#include "settings/pattern.hpp"
#include "settings/project_settings.hpp"
#include "values/file_glob.hpp"

namespace holdfast::cli {
namespace {

// Which files differ from a commit, as git sees it: what is committed since, staged, not staged,
// and not tracked, without what .gitignore leaves out; in submodules and other repositories within
// this one, too.
struct DifferingFile {
  std::string path;  // absolute
  bool is_tracked = true;
  bool is_in_build_tree = false;  // not tracked, and beside or below a CMakeCache.txt
};

struct Difference {
  std::string commit;  // its object name
  std::vector<DifferingFile> files = {};
  // Absolute paths of repositories within this one of which nobody knows their commit at that time:
  // git does not track them, or their commit is not here. All their files are among `files`.
  std::vector<std::string> strangers = {};
};

os::BoundedOrder git(const std::string& directory, const std::vector<std::string>& arguments) {
  os::BoundedOrder order = os::git_order(directory, arguments, k_longest);
  order.most_output = std::numeric_limits<std::size_t>::max();
  return order;
}

// The one line that git prints.
Result<std::string> line_of_git(const std::string& directory,
                                const std::vector<std::string>& arguments) {
  Result<std::string> text = os::ask_git(git(directory, arguments));
  if (text && text->ends_with('\n')) text->pop_back();
  return text;
}

// Compares the index with the commit, and the work tree with the index. `git diff COMMIT` would do
// both, but writes the index anew.
class Differ {
 public:
  Differ(const std::string& source, const std::string& tree)
      : source_(source + "/"), tree_(tree + "/") {}

  // `top` is the top of a repository.
  Result<void> compare(const std::string& top, const std::string& commit) {
    const os::BoundedOrder index_order =
        git(top, {"diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames",
                  "--ignore-submodules=none", commit, "--"});
    const os::BoundedOrder tree_order =
        git(top, {"status", "--porcelain=v2", "-z", "--no-renames", "--ignore-submodules=none",
                  "--untracked-files=all"});
    const os::BoundedOrder hidden_order = git(top, {"ls-files", "-v", "-s", "-z"});
    os::BoundedWork index_work(index_order);
    os::BoundedWork tree_work(tree_order);
    os::BoundedWork hidden_work(hidden_order);
    os::await({&index_work, &tree_work, &hidden_work});
    HOLDFAST_TRY(const std::string index, os::answer_of_git(index_work.end(), index_order));
    HOLDFAST_TRY(const std::string tree, os::answer_of_git(tree_work.end(), tree_order));
    HOLDFAST_TRY(const std::string hidden, os::answer_of_git(hidden_work.end(), hidden_order));
    HOLDFAST_TRY(std::vector<GitChange> changed, changed_of(top, read_hidden_files(hidden)));
    std::vector<GitChange> changes = read_raw_diff(index);
    std::ranges::move(changed, std::back_inserter(changes));
    return add_all(top, changes, read_status(tree));
  }

  Difference take(std::string commit) && {
    return {std::move(commit), std::move(files_), std::move(strangers_)};
  }

 private:
  // git does not say whether such files changed.
  static Result<std::vector<GitChange>> changed_of(const std::string& top,
                                                   const std::vector<HiddenFile>& hidden) {
    std::vector<GitChange> changes;
    std::vector<const HiddenFile*> there;
    std::vector<std::string> hash{"hash-object", "--"};
    for (const HiddenFile& file : hidden) {
      struct stat info {};
      const bool is_there = ::lstat((top + "/" + file.path).c_str(), &info) == 0;
      if (is_there && S_ISREG(info.st_mode)) {
        there.push_back(&file);
        hash.push_back(file.path);
      } else if (is_there || !file.may_be_gone) {
        changes.push_back({file.path, file.is_submodule ? file.object : "", file.is_submodule});
      }
    }
    if (there.empty()) return changes;
    HOLDFAST_TRY(const std::string objects, os::ask_git(git(top, hash)));
    std::string_view rest = objects;
    for (const HiddenFile* file : there) {
      if (take_part(rest, '\n') != file->object) changes.push_back({file->path});
    }
    return changes;
  }

  Result<void> add_all(const std::string& top, const std::vector<GitChange>& changes,
                       const std::vector<GitStatusEntry>& entries) {
    std::unordered_set<std::string> known;
    const auto add_once = [&](const GitChange& change) {
      return known.insert(change.path).second ? add(top, change) : Result<void>();
    };
    for (const GitChange& change : changes) {
      HOLDFAST_DO(add_once(change));
    }
    std::vector<const GitStatusEntry*> untracked;
    for (const GitStatusEntry& entry : entries) {
      if (!entry.is_tracked) {
        // It was a submodule, maybe, and is there still.
        if (!entry.is_repository || !known.contains(entry.path)) untracked.push_back(&entry);
      } else if (entry.is_changed) {
        const bool is_submodule = !entry.submodule_commit.empty();
        HOLDFAST_DO(add_once({entry.path, entry.submodule_commit, is_submodule}));
      }
    }
    return add_untracked(top, untracked);
  }

  Result<void> add_untracked(const std::string& top,
                             const std::vector<const GitStatusEntry*>& entries) {
    const std::vector<std::string> paths =
        collected(entries, [&](const GitStatusEntry* entry) { return top + "/" + entry->path; });
    const std::vector<std::string> trees = build_trees_in(paths, source_);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const auto is_around = [&](const std::string& tree) { return paths[i].starts_with(tree); };
      const bool is_in_tree = std::ranges::any_of(trees, is_around);
      const bool is_repository = entries[i]->is_repository;
      if (is_in_tree && (is_repository || paths[i].starts_with(tree_))) continue;
      if (!is_repository) {
        files_.push_back({paths[i], false, is_in_tree});
      } else if (Result<void> added = add_stranger(paths[i]); !added) {
        return added;
      }
    }
    return {};
  }

  Result<void> add(const std::string& top, const GitChange& change) {
    const std::string path = top + "/" + change.path;
    if (!change.is_submodule || ::access((path + "/.git").c_str(), F_OK) != 0) {
      files_.push_back({path});
      return {};
    }
    if (change.submodule_commit.empty()) return add_whole(path);
    const std::size_t before = files_.size();
    const std::size_t strangers = strangers_.size();
    if (compare(path, change.submodule_commit)) return {};
    files_.resize(before);
    strangers_.resize(strangers);
    return add_stranger(path);  // its commit is not here, say
  }

  Result<void> add_stranger(const std::string& top) {
    strangers_.push_back(top);
    return add_whole(top);
  }

  // Where all files count, they are compared with nothing. git need not have this tree.
  Result<void> add_whole(const std::string& top) {
    HOLDFAST_TRY(const std::string nothing,
                 line_of_git(top, {"hash-object", "-t", "tree", "/dev/null"}));
    return compare(top, nothing);
  }

  const std::string source_;
  const std::string tree_;
  std::vector<DifferingFile> files_;
  std::vector<std::string> strangers_;
};

// The object name of a commit.
Result<std::string> commit_of(const std::string& source, const std::string& revision) {
  const std::string is_commit = "^{commit}";
  // Whatever follows `:/` is a text to look for in messages.
  if (!revision.starts_with(":/")) {
    return line_of_git(source, {"rev-parse", "--verify", revision + is_commit});
  }
  Result<std::string> object = line_of_git(source, {"rev-parse", "--verify", revision});
  return object ? line_of_git(source, {"rev-parse", "--verify", *object + is_commit}) : object;
}

// Whether git knows of no file in `source` and would not tell of a new one.
bool is_ignored(const std::string& source) {
  if (!os::ask_git(git(source, {"check-ignore", "-q", "--", source}))) return false;
  const Result<std::string> tracked = os::ask_git(git(source, {"ls-files", "--", "."}));
  return tracked && tracked->empty();
}

// Asks the repository around `source`. A file that was removed or renamed counts by its old name.
// What git does not track in the build tree `tree` is left out. The error is a sentence, with git's
// words.
Result<Difference> difference_since(const std::string& source, const std::string& tree,
                                    const std::string& revision) {
  const auto failed = [&](const std::string& what, const Error& why) {
    return ErrorInWords{what + " (" + to_text(why) + ")"};
  };
  const Result<std::string> top = line_of_git(source, {"rev-parse", "--show-toplevel"});
  if (!top) return failed(source + ": expected a work tree of git", top.error());
  if (is_ignored(source)) {
    return failed(source + ": expected a work tree of git",
                  ErrorInWords{"git: " + *top + " ignores it"});
  }
  Result<std::string> commit = commit_of(source, revision);
  if (!commit) {
    const Result<std::string> shallow =
        line_of_git(source, {"rev-parse", "--is-shallow-repository"});
    const bool is_shallow = shallow && *shallow == "true";
    return failed(
        brief_in_quotes(revision) + ": expected a commit" +
            (is_shallow ? " that this shallow clone has; git fetch --unshallow brings all" : ""),
        commit.error());
  }
  Differ differ(source, tree);
  const Result<void> compared = differ.compare(*top, *commit);
  if (!compared) return failed(*top + ": no difference is known", compared.error());
  return std::move(differ).take(*std::move(commit));
}

// The error is a sentence: the tree is not Ninja's, or has no such configuration. `configuration`
// counts only in a tree that has several.
Result<doctor::NinjaTree> find_ninja_tree(const std::string& directory,
                                          const std::string& configuration) {
  const std::string generator = cached_value(directory, "CMAKE_GENERATOR");
  const bool has_several = generator == "Ninja Multi-Config";
  if (generator != "Ninja" && !has_several) {
    return ErrorInWords{directory + ": expected a build tree of CMake's generator Ninja, found " +
                        (generator.empty() ? "no generator" : brief_in_quotes(generator))};
  }
  if (has_several && configuration.empty()) {
    return ErrorInWords{directory + " has several configurations: expected --config CFG"};
  }
  doctor::NinjaTree tree{directory, cached_value(directory, "CMAKE_MAKE_PROGRAM"), "build.ninja"};
  if (tree.program.empty()) tree.program = "ninja";
  if (has_several) tree.manifest = "build-" + configuration + ".ninja";
  if (::access((directory + "/" + tree.manifest).c_str(), R_OK) != 0) {
    return ErrorInWords{to_text(os::system_error("read " + directory + "/" + tree.manifest)) +
                        ": expected a tree that is configured"};
  }
  return tree;
}

// What setups of fixtures, and tests that DEPENDS names, do for the tests of a listing.
std::vector<Preparation> preparations_in(const std::vector<ListedTest>& named) {
  std::vector<SelectableTest> tests(named.begin(), named.end());
  remove_implied_depends(tests);
  std::map<std::pair<bool, std::string>, Preparation> all;  // is it a fixture, and its name
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const TestSchedule& schedule = tests[i].schedule;
    for (const std::string& fixture : schedule.setup) all[{true, fixture}].providers.push_back(i);
    for (const std::string& fixture : schedule.required) all[{true, fixture}].users.push_back(i);
    for (const std::string& name : schedule.depends) all[{false, name}].users.push_back(i);
  }
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const auto found = all.find({false, tests[i].name});
    if (found != all.end()) found->second.providers.push_back(i);
  }
  return collected(all, [](const auto& one) {
    const auto& [is_fixture, name] = one.first;
    Preparation preparation = one.second;
    preparation.shown = is_fixture ? "fixture " + name : "DEPENDS";
    return preparation;
  });
}

constexpr std::size_t k_named = 8;

struct Project {
  std::string source;  // the top source directory
  ProjectSettings settings;
};

Result<Project> project_of(const std::string& tree, FileNames& names) {
  const std::string source = cached_value(tree, "CMAKE_HOME_DIRECTORY");
  if (source.empty()) return ErrorInWords{tree + ": expected a build tree that CMake configured"};
  Project project{names.of(source + "/."), {}};
  const std::string file = project.source + "/" + std::string(names::k_settings_file);
  HOLDFAST_TRY(project.settings, ProjectSettings::load(settings_file_of_tree(tree).value_or(file),
                                                       selected_profile()));
  return project;
}

// Fills in what holdfast.toml says of the files that changed. A rule that names no test knows no
// file.
class Rules {
 public:
  Rules(const std::vector<AffectedRule>& rules, const std::vector<ListedTest>& tests)
      : patterns_(rules), idle_(rules.size()) {
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
      RuledTests& ruled = ruled_.emplace_back(RuledTests{rules[rule].origin, {}});
      for (std::size_t i = 0; i < tests.size(); ++i) {
        if (patterns_.fits(rule, tests[i].name)) ruled.tests.push_back(i);
      }
    }
  }

  void apply_to(ChangedFile& change) {
    change.is_ignored = patterns_.is_ignored(change.shown);
    change.is_documentation = patterns_.is_documentation(change.shown);
    for (const std::size_t rule : patterns_.rules_for(change.shown)) {
      idle_[rule] = ruled_[rule].tests.empty();
      if (!idle_[rule]) change.rules.push_back(rule);
    }
  }

  std::vector<RuledTests> take() && { return std::move(ruled_); }
  // Those that fit a file and name no test.
  std::vector<std::string> idle() const {
    std::vector<std::string> origins;
    for (std::size_t i = 0; i < ruled_.size(); ++i) {
      if (idle_[i]) origins.push_back(ruled_[i].origin);
    }
    return origins;
  }

 private:
  const AffectedPatterns patterns_;
  std::vector<RuledTests> ruled_;
  std::vector<bool> idle_;
};

ChangedNames names_in(const std::vector<DifferingFile>& files, FileNames& names) {
  ChangedNames changed;
  for (const DifferingFile& file : files) {
    const std::string name = names.of(file.path);
    if (changed.files.insert(name).second && !file.is_tracked) changed.untracked.insert(name);
    std::error_code failed;
    if (std::filesystem::is_symlink(name, failed)) changed.links.insert(name);
  }
  return changed;
}

// Two paths of git may lead to one file: it was taken out of the index and is still there. A file
// that git does not know, and that Ninja makes, is no change: it is made of the changes. But if it
// was written since, it is one. In a build tree, only what Ninja reads counts.
std::vector<ChangedFile> changes_in(const std::vector<DifferingFile>& files, const Project& project,
                                    Rules& rules, NinjaBuild& build, FileNames& names) {
  BuildGraph& graph = build.graph;
  std::unordered_set<BuildGraph::Node> known;
  std::vector<ChangedFile> changes;
  for (const DifferingFile& file : files) {
    const std::string name = names.of(file.path);
    if (file.is_in_build_tree && !graph.find(name)) continue;
    const BuildGraph::Node node = graph.node(name);
    if (!known.insert(node).second) continue;
    if (!file.is_tracked && graph.is_made(node) && !build.rewritten.contains(node)) continue;
    const bool is_in_build = graph.maker_of(node) || !graph.users_of(node).empty();
    const std::optional<BuildGraph::Step> configures = graph.maker_of(build.manifest);
    if (!is_in_build && configures && build.globs.would_add(name)) {
      graph.add_input(*configures, node);
    }
    ChangedFile change{path_from(project.source, name), node, is_in_build};
    rules.apply_to(change);
    changes.push_back(std::move(change));
  }
  return changes;
}

// ctest does not say which program a test wants if it does not exist. Holdfast's files for ctest
// do, if the tree is attached.
void learn_command(ListedTest& test) {
  if (!test.command.empty() || test.missing.empty()) return;
  test.command = {test.missing};
  test.command.insert(test.command.end(), test.missing_arguments.begin(),
                      test.missing_arguments.end());
}

// What has to be built before these tests can run. ctest does not say which program a test has if
// the program does not exist.
std::vector<std::string> targets_for(const AffectedQuestion& question, const Affected& affected) {
  std::set<BuildGraph::Node> nodes;
  std::set<std::size_t> groups;
  for (const AffectedTest& affects : affected.tests) {
    const CandidateTest& test = question.tests[affects.number - 1];
    if (test.trouble != ProgramTrouble::none) return {"all"};
    for (const NamedFile& file : test.files) nodes.insert(file.node);
    for (const NamedGroup& named : test.groups) groups.insert(named.group);
  }
  const PathIndex index(question.build.graph);
  for (const std::size_t number : groups) {
    const FileGroup& group = question.groups[number];
    if (group.kind == FileGroup::Kind::not_built) continue;
    if (fits_all(group.path)) return {"all"};
    const std::vector<BuildGraph::Node> some = nodes_in(index, group);
    nodes.insert(some.begin(), some.end());
  }
  std::set<std::string> targets;
  for (const BuildGraph::Node node : nodes) {
    if (!question.build.graph.is_made(node)) continue;
    targets.insert(target_name(question.build.graph, node, question.tree));
  }
  return {targets.begin(), targets.end()};
}

// The sentence begins with `before` and names the files.
std::string sentence(const std::string& before, const std::vector<std::string>& files,
                     const std::string& after) {
  return before + bounded_list(files, k_named, brief) + after;
}

// Empty: it needs another test of which this is said.
std::string words_of(const Reason& reason, const AffectedTest& test) {
  if (reason.because == Because::doubtful) return reason.file + " " + reason.why;
  if (reason.because == Because::missing_program) {
    return "the program of " + test.name + " does not exist";
  }
  if (reason.because == Because::made_elsewhere) return to_text(reason);
  if (reason.because != Because::unclear) return {};
  return "nobody knows where " + brief(reason.through) + " leads";
}

// Tests that are taken only because nobody can say that they do not need what changed.
std::string note_on(const Affected& affected, Certainty certainty, const std::string& advice) {
  std::vector<std::string> reasons;
  std::unordered_set<std::string> known;
  std::size_t count = 0;
  for (const AffectedTest& test : affected.tests) {
    if (test.certainty != certainty) continue;
    ++count;
    const std::string text = words_of(test.reasons.front(), test);
    if (!text.empty() && known.insert(text).second) reasons.push_back(text);
  }
  if (count == 0) return {};
  return sentence(counted(count, "test") + " may need what changed: ", reasons, advice);
}

std::vector<std::string> notes_on(const AffectedQuestion& question, const Affected& affected) {
  std::vector<std::string> notes;
  const auto note_files = [&](KnownBy who, const std::string& before, const std::string& after) {
    std::vector<std::string> files;
    for (std::size_t i = 0; i < question.changes.size(); ++i) {
      if (affected.known[i] == who) files.push_back(question.changes[i].shown);
    }
    if (!files.empty()) notes.push_back(sentence(before, files, after));
  };
  note_files(KnownBy::configure, "all tests: CMake configures the build tree with ", "");
  note_files(KnownBy::nobody, "all tests: nobody knows ",
             " (not Ninja, no test's command, no [[affected]] in holdfast.toml)");
  const auto is_not_configured = [](const Reason& reason) {
    return reason.because == Because::not_configured;
  };
  if (std::ranges::any_of(affected.for_all, is_not_configured)) {
    notes.push_back("all tests: " + brief(question.build.newer_than_manifest) +
                    " is newer than what CMake has configured: build first to have fewer");
  }
  if (affected.tests.empty()) note_files(KnownBy::build, "no test needs ", "");
  for (const std::string& note :
       {note_on(affected, Certainty::doubtful, ": build first to have fewer"),
        note_on(affected, Certainty::unclear, ""),
        note_on(affected, Certainty::made_elsewhere, "")}) {
    if (!note.empty()) notes.push_back(note);
  }
  return notes;
}

}  // namespace

Result<FoundAffected> find_affected(const AffectedOrder& order, std::vector<ListedTest> tests) {
  FileNames names(order.tree);
  HOLDFAST_TRY(const doctor::NinjaTree tree,
               find_ninja_tree(names.of(order.tree + "/."), order.configuration));
  HOLDFAST_TRY(const Project project, project_of(order.tree, names));
  HOLDFAST_TRY(const Difference difference,
               difference_since(project.source, tree.directory, order.since));
  FoundAffected found{difference.commit, {}, tests.size()};
  if (difference.files.empty()) return found;
  std::ranges::for_each(tests, learn_command);
  HOLDFAST_TRY(const UsedServices services,
               used_services(project.settings, order.tree, order.configuration, tests));
  HOLDFAST_TRY(const doctor::NinjaTexts texts, doctor::ask_ninja(tree));
  const ChangedNames changed = names_in(difference.files, names);
  NinjaBuild build = make_build(tree, texts, names, changed);
  Rules rules(project.settings.settings().affected, tests);
  std::vector<ChangedFile> changes = changes_in(difference.files, project, rules, build, names);
  const std::vector<std::string> idle = rules.idle();
  NamedByTests named = named_by(
      tests, {build.graph, services, tree.directory, project.source, changed.links}, names);
  const AffectedQuestion question{build,
                                  tree.directory,
                                  std::move(changes),
                                  std::move(named.tests),
                                  std::move(rules).take(),
                                  preparations_in(tests),
                                  std::move(named.groups)};
  found.affected = affected_by(question);
  found.changes = collected(question.changes, &ChangedFile::shown);
  found.targets = targets_for(question, found.affected);
  found.notes = notes_on(question, found.affected);
  if (build.is_unbuilt) {
    found.notes.emplace_back(
        "nothing is compiled yet: what sources include is read from their texts: build first to "
        "have fewer");
  }
  const std::vector<std::string> strangers =
      collected(difference.strangers,
                [&](const std::string& top) { return path_from(project.source, names.of(top)); });
  if (!strangers.empty()) {
    found.notes.push_back(sentence("all files count as changed in ", strangers,
                                   ": git does not tell since when this repository is as it is"));
  }
  if (!idle.empty()) {
    found.notes.push_back(sentence("`tests` fits no test in ", idle, ""));
  }
  return found;
}

}  // namespace holdfast::cli
