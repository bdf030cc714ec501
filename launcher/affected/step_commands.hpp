// What the commands of Ninja's steps say: where compilers look for headers, which files a step
// names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "affected/named_files.hpp"

namespace holdfast::cli {

struct CompileCommand {
  std::string output;  // as Ninja has it
  // A part of the command is in a file (`@x.rsp`) or not read, or `-include` names a file that does
  // not exist yet.
  bool is_elsewhere = false;
  // Absolute, or relative to the build tree.
  std::vector<std::string> directories = {};
  // Those that the command names and that exist: sources, `-include`.
  std::vector<std::string> files = {};
};

// Reads what `ninja -t compdb` prints of the build tree `tree`, as far as `is_needed` is true for
// the output. Empty: it is no such text.
std::vector<CompileCommand> read_compile_commands(
    const std::string& text, const std::string& tree,
    const std::function<bool(std::string_view)>& is_needed);

// Paths that a step's command may mean: each of its words, in each directory to which it goes.
struct NamedPaths {
  std::string output;
  std::vector<std::string> paths = {};  // absolute
};

// Reads the same text, of any step.
std::vector<NamedPaths> read_named_paths(const std::string& text, const std::string& tree,
                                         const std::function<bool(std::string_view)>& is_needed);

// What sources include, by their texts: for those that no compiler has read yet.
class IncludedFiles {
 public:
  // `is_made` is true for the name of a file that the build makes, which need not exist yet.
  IncludedFiles(FileNames& names, std::function<bool(const std::string&)> is_made)
      : names_(names), is_made_(std::move(is_made)) {}

  // Returns the files `files`, all that they include, what these include and so on: with any
  // condition, and in each of the directories that has a file of that name. So these are more than
  // a compiler reads. Headers of the system are left out. None: a text does not say what it
  // includes (included_names()). Paths are those by which the files were found.
  std::optional<std::vector<std::string>> of(const std::vector<std::string>& files,
                                             const std::vector<std::string>& directories);

 private:
  using Included = std::optional<std::vector<std::string>>;

  const Included& included_by(const std::string& path);
  bool is_there(const std::string& path);

  FileNames& names_;
  std::function<bool(const std::string&)> is_made_;
  std::unordered_map<std::string, Included> included_;
  std::unordered_map<std::string, bool> there_;
};

}  // namespace holdfast::cli
