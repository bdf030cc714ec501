#include "cli/affected/changed_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_set>

#include "core/affected/git_changes.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "os/process/git_command.hpp"

namespace holdfast::cli {
namespace {

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
    std::vector<std::string> paths;
    for (const GitStatusEntry* entry : entries) paths.push_back(top + "/" + entry->path);
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

}  // namespace

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

}  // namespace holdfast::cli
