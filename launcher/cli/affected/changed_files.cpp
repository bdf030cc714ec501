#include "cli/affected/changed_files.hpp"

#include <unistd.h>

#include <limits>
#include <unordered_set>
#include <utility>

#include "cli/affected/file_names.hpp"
#include "core/affected/git_changes.hpp"
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
  explicit Differ(const std::string& source) : source_(source) {}

  // `top` is the top of a repository.
  Result<void> compare(const std::string& top, const std::string& commit) {
    const os::BoundedOrder index_order =
        git(top, {"diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames",
                  "--ignore-submodules=none", commit, "--"});
    const os::BoundedOrder tree_order =
        git(top, {"status", "--porcelain=v2", "-z", "--no-renames", "--ignore-submodules=none",
                  "--untracked-files=all"});
    os::BoundedWork index_work(index_order);
    os::BoundedWork tree_work(tree_order);
    os::await({&index_work, &tree_work});
    const Result<std::string> index = os::answer_of_git(index_work.end(), index_order);
    if (!index) return index.error();
    const Result<std::string> tree = os::answer_of_git(tree_work.end(), tree_order);
    if (!tree) return tree.error();
    add_all(top, read_raw_diff(*index), read_status(*tree));
    return {};
  }

  std::vector<DifferingFile> take() && { return std::move(files_); }

 private:
  void add_all(const std::string& top, const std::vector<GitChange>& staged,
               const std::vector<GitStatusEntry>& entries) {
    std::unordered_set<std::string> known;
    for (const GitChange& change : staged) {
      if (known.insert(change.path).second) add(top, change);
    }
    std::vector<std::string> untracked;
    for (const GitStatusEntry& entry : entries) {
      if (!entry.is_tracked) {
        untracked.push_back(entry.path);
      } else if (entry.is_changed && known.insert(entry.path).second) {
        add(top, {entry.path, entry.submodule_commit});
      }
    }
    for (const std::string& path : without_build_trees(untracked, path_from(top, source_) + "/")) {
      files_.push_back({top + "/" + path, false});
    }
  }

  void add(const std::string& top, const GitChange& change) {
    const std::string path = top + "/" + change.path;
    const std::size_t before = files_.size();
    if (!change.submodule_commit.empty() && ::access((path + "/.git").c_str(), F_OK) == 0) {
      if (compare(path, change.submodule_commit)) return;
      files_.resize(before);  // its commit is not here, say
    }
    files_.push_back({path});
  }

  const std::string& source_;
  std::vector<DifferingFile> files_;
};

// Whether git knows of no file in `source` and would not tell of a new one.
bool is_ignored(const std::string& source) {
  if (!os::ask_git(git(source, {"check-ignore", "-q", "--", source}))) return false;
  const Result<std::string> tracked = os::ask_git(git(source, {"ls-files", "--", "."}));
  return tracked && tracked->empty();
}

}  // namespace

Result<Difference> difference_since(const std::string& source, const std::string& revision) {
  const auto failed = [&](const std::string& what, const Error& why) {
    return ErrorInWords{what + " (" + to_text(why) + ")"};
  };
  const Result<std::string> top = line_of_git(source, {"rev-parse", "--show-toplevel"});
  if (!top) return failed(source + ": expected a work tree of git", top.error());
  if (is_ignored(source)) {
    return failed(source + ": expected a work tree of git",
                  ErrorInWords{"git: " + *top + " ignores it"});
  }
  Result<std::string> commit =
      line_of_git(source, {"rev-parse", "--verify", revision + "^{commit}"});
  if (!commit) {
    return failed(brief_in_quotes(revision) + ": expected a commit", commit.error());
  }
  Differ differ(source);
  const Result<void> compared = differ.compare(*top, *commit);
  if (!compared) return failed(*top + ": no difference is known", compared.error());
  return Difference{*std::move(commit), std::move(differ).take()};
}

}  // namespace holdfast::cli
