// What the commands of Ninja's steps say: where compilers look for headers, which files a step
// names.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace holdfast::cli
