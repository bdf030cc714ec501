#include "doctor/machine/tools.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/text.hpp"
#include "doctor/base/silent_paths.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"
#include "os/process/execute.hpp"
#include "settings/pattern.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::string_view k_oldest_cmake = "3.25";
constexpr std::size_t k_most_output = 16 * 1024;

os::BoundedOrder order_for(const Tool& tool, Milliseconds patience) {
  os::BoundedOrder order;
  order.words = {tool.path, "--version"};
  // Words are looked at in English. GNU Make from 4.4 on looks at TMPDIR first, and would hang with
  // it. A TMPDIR that hangs is found for itself.
  order.environment = os::own_environment();
  std::erase_if(order.environment, [](const std::string& variable) {
    return variable.starts_with("LC_ALL=") || variable.starts_with("TMPDIR=");
  });
  order.environment.emplace_back("LC_ALL=C");
  order.directory = "/";
  order.time = patience;
  order.most_output = k_most_output;
  return order;
}

// Not the tool is to blame: we have too few descriptors, processes or too little memory.
bool is_for_limits(const os::BoundedEnd& end) {
  return end.kind == os::BoundedEnd::Kind::not_started &&
         (end.code == EMFILE || end.code == ENFILE || end.code == EAGAIN || end.code == ENOMEM);
}

ToolState state_of(const Tool& tool, const os::BoundedEnd& end) {
  using Answer = ToolState::Answer;
  if (end.kind == os::BoundedEnd::Kind::too_late) return {Answer::hangs};
  const std::string trouble = os::trouble_with(tool.path + " --version", end);
  if (!trouble.empty()) return {Answer::fails, "", trouble, is_for_limits(end)};
  return {Answer::version, version_in(end.output), end.output};
}

// A compiler says more than one version. It is the same one if it says the one that was found then.
bool says(const std::string& text, const std::string& version) {
  const Result<Pattern> whole = Pattern::compile("(?:^|[^0-9.])\\Q" + version + "\\E(?:[^0-9]|$)");
  return whole && whole->is_found_in(text);
}

std::string configure_anew(const Tools& tools) {
  return "cmake --fresh -B " + for_shell(tools.tree);
}

void check_missing(const Tools& tools, const Tool& tool, Findings& all) {
  if (tool.is == ToolIs::debugger) return;
  if (tool.is == ToolIs::git) {
    if (!tools.has_repository) return;
    return all.push_back({Kind::no_git,
                          "git is not in PATH: reports do not say what is changed in the sources",
                          "", "install git"});
  }
  if (tool.setting.empty()) {
    return all.push_back(
        {Kind::tool_missing, tool.name + " is not in PATH", "", "install " + tool.name});
  }
  all.push_back(
      {Kind::tool_missing,
       fmt::format("{} does not exist, and the build tree needs it ({})", tool.path, tool.setting),
       tools.tree + "/CMakeCache.txt", "install it, or configure the tree anew",
       configure_anew(tools)});
}

void check_version(const Tools& tools, const Tool& tool, Findings& all) {
  const bool is_cmake = tool.is == ToolIs::cmake || tool.is == ToolIs::ctest;
  if (is_cmake && !tool.state.version.empty() && is_older(tool.state.version, k_oldest_cmake)) {
    all.push_back({Kind::tool_too_old,
                   fmt::format("{} has version {}, and Holdfast needs {}", tool.path,
                               tool.state.version, k_oldest_cmake),
                   tool.path, "install a newer CMake, and configure the tree with it"});
  }
  if (tool.configured.empty() || tool.state.version.empty()) return;
  if (says(tool.state.said, tool.configured)) return;
  all.push_back({Kind::compiler_changed,
                 fmt::format("{} has version {}, and the tree was configured with {}", tool.path,
                             tool.state.version, tool.configured),
                 tools.tree, "configure the tree anew, and build all of it",
                 configure_anew(tools)});
}

void check_stack_tools(const Tools& tools, Findings& all) {
  const bool found = std::ranges::any_of(tools.all, [](const Tool& tool) {
    return tool.is == ToolIs::debugger && tool.state.answer != ToolState::Answer::missing;
  });
  if (found) return;
  all.push_back({Kind::no_stack_tool,
                 "neither gdb nor eu-stack is there: stacks of tests that took too long have "
                 "no names of functions",
                 "", "install gdb"});
}

namespace fs = std::filesystem;

constexpr std::size_t k_longest_listing = std::size_t{1} << 20;

// The value that CMake wrote as `set(<name> "<value>")`.
std::string quoted_value(const std::string& text, const std::string& name) {
  std::string_view rest = text_after(text, "set(" + name + " \"");
  return std::string(take_part(rest, '"'));
}

// The tool that a setting names, which is not empty.
Tool tool_named(ToolIs is, const std::string& program, const std::string& setting) {
  const std::string found = program.find('/') == std::string::npos ? os::find_program(program) : "";
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
  const std::string file =
      fmt::format("{}/CMakeFiles/{}/CMake{}Compiler.cmake", tree, version, language);
  return configured_compiler(os::read_file(file, k_longest_listing).value_or(""), language);
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
    const std::string launcher = words.substr(0, words.find(';'));
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

std::string version_in(std::string_view text) {
  static const Result<Pattern> k_version = Pattern::compile(R"(([0-9]+(?:\.[0-9]+)+))");
  return k_version->group_in(text, "").value_or("");
}

bool is_older(std::string_view one, std::string_view other) {
  while (!one.empty() || !other.empty()) {
    const auto a = leading_number<unsigned>(take_part(one, '.')).value_or(0);
    const auto b = leading_number<unsigned>(take_part(other, '.')).value_or(0);
    if (a != b) return a < b;
  }
  return false;
}

void ask_for_versions(Tools& tools) {
  std::vector<Tool*> asked;
  for (Tool& tool : tools.all) {
    if (is_silent(tool.path, tools.patience)) {
      tool.state.answer = ToolState::Answer::hangs;
    } else if (tool.path.empty() || ::access(tool.path.c_str(), F_OK) != 0) {
      tool.state.answer = ToolState::Answer::missing;
    } else if (::access(tool.path.c_str(), X_OK) != 0) {
      tool.state = {ToolState::Answer::fails, "",
                    to_text(os::system_error("execute " + tool.path))};
    } else if (tool.is != ToolIs::launcher) {  // it may take any word for a command
      asked.push_back(&tool);
    }
  }
  const auto works = collected(asked, [&](const Tool* tool) {
    return std::make_unique<os::BoundedWork>(order_for(*tool, tools.patience));
  });
  os::await(collected(works, [](const auto& work) { return work.get(); }));
  for (std::size_t i = 0; i < works.size(); ++i) {
    asked[i]->state = state_of(*asked[i], works[i]->end());
  }
}

Findings check_tools(const Tools& tools) {
  Findings all;
  for (const Tool& tool : tools.all) {
    switch (tool.state.answer) {
      case ToolState::Answer::version:
        check_version(tools, tool, all);
        break;
      case ToolState::Answer::missing:
        check_missing(tools, tool, all);
        break;
      case ToolState::Answer::hangs:
        all.push_back({Kind::tool_hangs,
                       fmt::format("{} --version gave no answer within {}", tool.path,
                                   holdfast::describe(tools.patience)),
                       tool.path, "see what it waits for", for_shell(tool.path) + " --version"});
        break;
      case ToolState::Answer::fails:
        all.push_back({Kind::tool_fails, tool.state.said, tool.path,
                       tool.state.is_for_limits ? "raise the limits of this shell, and look again"
                                                : "install it anew",
                       for_shell(tool.path) + " --version"});
        break;
    }
  }
  check_stack_tools(tools, all);
  return all;
}

std::string describe(const Tools& tools) {
  std::string text;
  for (const Tool& tool : tools.all) {
    if (tool.state.answer != ToolState::Answer::version || tool.is == ToolIs::launcher) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", tool.name,
                        tool.state.version.empty() ? "(no version)" : tool.state.version);
  }
  return text;
}

ConfiguredCompiler configured_compiler(const std::string& text, const std::string& language) {
  const std::string variable = "CMAKE_" + language + "_COMPILER";
  ConfiguredCompiler compiler{quoted_value(text, variable)};
  const std::string words = quoted_value(text, variable + "_ARG1");
  for (const std::string_view word : TextParts{words, ' '}) {
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
      tools.all.push_back(tool_named(ToolIs::build_tool, build, "CMAKE_MAKE_PROGRAM"));
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
