#include "command/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/exit_codes.hpp"
#include "base/strings.hpp"
#include "base/text.hpp"
#include "journal/run_directory.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"

namespace holdfast::cli {

Check expected(const std::string& what) {
  return [what](const std::string& word) {
    return word.empty() ? "\"\": expected " + what : std::string();
  };
}

Option add_tree_option(Command command, std::string& tree) {
  return command.add_option("--tree", tree, "the build tree (default: found upward from here)")
      .check(expected("a build tree"));
}

Result<std::string> find_tree(const std::string& tree) {
  namespace fs = std::filesystem;
  const auto found = find_build_tree(tree.empty() ? "." : tree);
  std::error_code error;
  if (!tree.empty() && (!found || !fs::equivalent(*found, tree, error))) {
    return ErrorInWords{"--tree \"" + tree + "\": expected a build tree"};
  }
  if (!found) return ErrorInWords{"no build tree here or above: expected --tree DIR"};
  std::string path = fs::canonical(*found).string();
  HOLDFAST_DO(os::check_tree(path));
  return path;
}

std::string variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? "" : value;
}

void complain(const std::string& text) {
  os::log(LogLevel::warn, {text});
  std::string lines;
  std::string_view rest = text;
  do {
    lines += fmt::format("holdfast: {}\n", printable(take_part(rest, '\n')));
  } while (!rest.empty());
  // If stderr takes nothing, fmt::print() would throw. An error does not matter here, because every
  // caller is about to end.
  (void)std::fputs(lines.c_str(), stderr);
}

int refused(const std::string& text, int exit_code) {
  complain(text);
  return exit_code;
}

int refused(const Error& error, int exit_code) { return refused(to_text(error), exit_code); }

int exit_code_of(const Result<int>& ended) { return ended ? *ended : refused(ended.error()); }

Result<int> print_or_fail(const Result<std::string>& text) {
  if (!text) return text.error();
  fmt::print("{}", *text);
  return exit_codes::k_success;
}

}  // namespace holdfast::cli
