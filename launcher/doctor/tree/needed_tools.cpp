#include "doctor/tree/needed_tools.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/process/execute.hpp"

namespace holdfast::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_longest_listing = std::size_t{1} << 20;

// The value that CMake wrote as `set(<name> "<value>")`.
std::string quoted_value(const std::string& text, const std::string& name) {
  const std::string begin = "set(" + name + " \"";
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return {};
  const std::size_t from = at + begin.size();
  return text.substr(from, text.find('"', from) - from);
}

std::string in_path(const std::string& program) {
  return program.empty() || program.find('/') != std::string::npos ? program
                                                                   : os::find_program(program);
}

// The tool that a setting names, which is not empty.
Tool tool_named(ToolIs is, const std::string& program, const std::string& setting) {
  const std::string found = in_path(program);
  return {is, fs::path(program).filename().string(), found.empty() ? program : found, "", setting};
}

// A tool that the tree names, or else one in PATH.
Tool tool_of_tree(ToolIs is, const std::string& name, const std::string& setting,
                  const Cached& cached) {
  const std::string path = cached(setting);
  if (path.empty()) return {is, name, os::find_program(name)};
  Tool tool = tool_named(is, path, setting);
  tool.name = name;
  return tool;
}

// CMake keeps what it found out about a compiler in a file of its own. Its cache has only what was
// said there: a toolchain file may say it instead.
ConfiguredCompiler find_compiler(const std::string& tree, const std::string& language,
                                 const Cached& cached) {
  const std::string version =
      fmt::format("{}.{}.{}", cached("CMAKE_CACHE_MAJOR_VERSION"),
                  cached("CMAKE_CACHE_MINOR_VERSION"), cached("CMAKE_CACHE_PATCH_VERSION"));
  const Result<std::string> text =
      os::read_file(fmt::format("{}/CMakeFiles/{}/CMake{}Compiler.cmake", tree, version, language),
                    k_longest_listing);
  return text ? configured_compiler(*text, language) : ConfiguredCompiler();
}

void add_compilers(const std::string& tree, const Cached& cached, Tools& tools) {
  for (const std::string language : {"C", "CXX", "Fortran"}) {
    const std::string setting = "CMAKE_" + language + "_COMPILER";
    const ConfiguredCompiler compiler = find_compiler(tree, language, cached);
    const std::string program = compiler.program.empty() ? cached(setting) : compiler.program;
    if (program.empty()) continue;
    tools.all.push_back(
        tool_named(compiler.is_launcher ? ToolIs::launcher : ToolIs::compiler, program, setting));
    tools.all.back().configured = compiler.version;
    const std::string words = cached(setting + "_LAUNCHER");
    std::string_view rest = words;
    const std::string launcher(take_part(rest, ';'));
    if (launcher.empty()) continue;
    tools.all.push_back(tool_named(ToolIs::launcher, launcher, setting + "_LAUNCHER"));
  }
}

bool is_in_repository(const std::string& directory) {
  std::error_code error;
  for (fs::path path = directory; !path.empty(); path = path.parent_path()) {
    if (fs::exists(path / ".git", error)) return true;
    if (path == path.root_path()) return false;
  }
  return false;
}

}  // namespace

ConfiguredCompiler configured_compiler(const std::string& text, const std::string& language) {
  const std::string variable = "CMAKE_" + language + "_COMPILER";
  ConfiguredCompiler compiler{quoted_value(text, variable)};
  const std::string words = quoted_value(text, variable + "_ARG1");
  for (std::string_view rest = words; !rest.empty();) {
    const std::string_view word = take_part(rest, ' ');
    compiler.is_launcher = compiler.is_launcher || (!word.empty() && word[0] != '-');
  }
  const std::string id = quoted_value(text, variable + "_ID");
  if (!compiler.is_launcher && (id == "GNU" || id == "Clang")) {
    compiler.version = quoted_value(text, variable + "_VERSION");
  }
  return compiler;
}

Tools needed_tools(const std::string& tree, const Cached& cached, Milliseconds patience) {
  Tools tools;
  tools.tree = tree;
  tools.patience = patience;
  tools.all.push_back(tool_of_tree(ToolIs::cmake, "cmake", "CMAKE_COMMAND", cached));
  tools.all.push_back(tool_of_tree(ToolIs::ctest, "ctest", "CMAKE_CTEST_COMMAND", cached));
  if (!tree.empty()) {
    const std::string build = cached("CMAKE_MAKE_PROGRAM");
    if (!build.empty()) {
      tools.all.push_back(tool_of_tree(ToolIs::build_tool, fs::path(build).filename().string(),
                                       "CMAKE_MAKE_PROGRAM", cached));
    }
    add_compilers(tree, cached, tools);
    tools.has_repository = is_in_repository(cached("CMAKE_HOME_DIRECTORY"));
  }
  tools.all.push_back({ToolIs::git, "git", os::find_program("git")});
  for (const std::string name : {"gdb", "eu-stack"}) {
    tools.all.push_back({ToolIs::debugger, name, os::find_program(name)});
  }
  return tools;
}

}  // namespace holdfast::doctor
