#include "doctor/tree/needed_tools.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/base/environment.hpp"
#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/ctest/cmake_expression.hpp"
#include "os/file/file_text.hpp"
#include "os/file/program_identity.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_longest_file = std::size_t{1} << 20;

bool is_same(const std::string& one, const std::string& other) {
  std::error_code error;
  return one == other || fs::equivalent(one, other, error);
}

// As custom.cmake looks at it: the file may be of an earlier configure step.
bool reads_attach(const std::string& tree) {
  const Result<std::string> text = os::read_file(tree + "/CTestTestfile.cmake", k_longest_file);
  return text && text->find(std::string(names::k_tree_directory) + "/") != std::string::npos;
}

std::string package_of(const std::string& program) {
  const fs::path prefix = fs::path(program).parent_path().parent_path();
  return (prefix / "lib/cmake/Holdfast").string();
}

// Of all programs of this installation that tests need.
std::string trouble_with_programs() {
  const Result<std::string> launcher = supervision::launcher_program();
  if (!launcher) return to_text(launcher.error());
  if (::access(launcher->c_str(), X_OK) != 0) return *launcher + " cannot be executed";
  const Result<std::string> exec = supervision::exec_program();
  if (!exec) return to_text(exec.error());
  return ::access(exec->c_str(), X_OK) == 0 ? std::string() : *exec + " cannot be executed";
}

std::string configure(const Attachment& attachment) {
  const std::string tree = "cmake -B " + for_shell(attachment.tree);
  return attachment.sources.empty() ? tree : tree + " -S " + for_shell(attachment.sources);
}

void check_package(const Attachment& attachment, Findings& all) {
  if (!attachment.has_package) {
    all.push_back({Kind::holdfast_gone,
                   fmt::format("tests run without Holdfast: the tree was configured by one in {}, "
                               "which is gone",
                               attachment.package),
                   attachment.tree + "/.holdfast/attach.cmake", "configure the tree again",
                   configure(attachment)});
  } else if (!attachment.own_package.empty()) {
    all.push_back({Kind::other_holdfast,
                   fmt::format("tests run through the Holdfast in {}; this one is in {}",
                               attachment.package, attachment.own_package),
                   attachment.tree + "/.holdfast/attach.cmake",
                   "use the commands of that one, or configure the tree again"});
  }
}

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

std::string value_in(const std::string& text, const std::string& name) {
  const std::string begin = "set(" + name + " [==[";
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return {};
  const std::size_t from = at + begin.size();
  const std::size_t end = text.find("]==])", from);
  return end == std::string::npos ? std::string() : text.substr(from, end - from);
}

std::vector<std::string> lines_of_holdfast(const std::string& said) {
  constexpr std::string_view k_begin = "holdfast: ";
  std::vector<std::string> lines;
  for (std::string_view rest = said; !rest.empty();) {
    const std::string_view line = take_part(rest, '\n');
    if (!line.starts_with(k_begin)) continue;
    // That an interpreter is missing is a finding about the test.
    if (line.find(": its interpreter ") != std::string_view::npos) continue;
    // A Holdfast that was updated, and for which nobody has to do anything.
    if (line.ends_with("; they fit")) continue;
    lines.emplace_back(line.substr(k_begin.size()));
  }
  return lines;
}

Attachment look_at_attachment(const std::string& tree, const std::string& configured_at) {
  Attachment attachment{tree};
  attachment.sources = os::source_of_tree(tree).value_or("");
  if (!configured_at.empty() && !is_same(configured_at, tree)) {
    attachment.configured_at = configured_at;
  }
  const Result<std::string> text = os::read_file(
      tree + "/" + std::string(names::k_tree_directory) + "/attach.cmake", k_longest_file);
  attachment.is_attached = text && reads_attach(tree);
  const char* off = std::getenv(std::string(environment::k_disable).c_str());
  attachment.is_off = off != nullptr && is_true_in_cmake(off);
  attachment.cannot_watch = os::trouble_with_watching();
  attachment.broken = trouble_with_programs();
  if (!text) return attachment;
  std::string package = value_in(*text, "_holdfast_package_dir");
  if (!package.empty() && !package.starts_with('/')) package.insert(0, tree + "/");
  attachment.package = package;
  attachment.has_package =
      package.empty() || ::access((package + "/attach.cmake").c_str(), R_OK) == 0;
  const Result<std::string> own = os::own_program();
  if (own && !package.empty() && !is_same(package_of(*own), package)) {
    attachment.own_package = package_of(*own);
  }
  return attachment;
}

Findings check_attachment(const Attachment& attachment) {
  Findings all;
  if (!attachment.is_attached) {
    all.push_back({Kind::not_attached, "tests run without Holdfast: the tree is not attached",
                   attachment.tree + "/CTestTestfile.cmake",
                   "put find_package(Holdfast) into the project's CMakeLists.txt, or configure "
                   "with CMAKE_PROJECT_TOP_LEVEL_INCLUDES"});
  }
  check_package(attachment, all);
  if (!attachment.broken.empty()) {
    all.push_back({Kind::holdfast_gone, attachment.broken, "", "install Holdfast again"});
  }
  if (!attachment.cannot_watch.empty()) {
    all.push_back({Kind::cannot_supervise, "tests run without Holdfast: " + attachment.cannot_watch,
                   "", "mount a /proc of this PID namespace, or allow pidfd_open(2)"});
  }
  if (attachment.is_off) {
    all.push_back({Kind::switched_off, "tests run without Holdfast: HOLDFAST_DISABLE is set", "",
                   "take it out of the environment", "unset HOLDFAST_DISABLE"});
  }
  if (!attachment.configured_at.empty()) {
    all.push_back({Kind::tree_moved,
                   fmt::format("the tree was configured in {}: tests may start programs there",
                               attachment.configured_at),
                   attachment.tree + "/CMakeCache.txt", "configure and build it here, from nothing",
                   "cmake --fresh -B " + for_shell(attachment.tree)});
  }
  for (const std::string& line : attachment.said) {
    all.push_back({Kind::said_by_ctest, line, "", "see what it names"});
  }
  return all;
}

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
