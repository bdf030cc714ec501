#include "doctor/tree/programs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"

namespace holdfast::doctor {
namespace {

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// Whether another test of the tree may make what this one needs. ctest itself lets a test that
// cleans a fixture up depend on all that require the fixture.
bool needs_others(const ListedTest& test, const std::vector<ListedTest>& all) {
  const auto has_any = [](const std::vector<std::string>& names,
                          const std::vector<std::string>& of) {
    return std::ranges::find_first_of(names, of) != names.end();
  };
  const TestSchedule& own = test.schedule;
  if (own.depends.empty()) return false;
  return std::ranges::any_of(all, [&](const ListedTest& other) {
    const TestSchedule& its = other.schedule;
    if (std::ranges::find(own.depends, other.name) == own.depends.end()) return false;
    return !has_any(its.required, own.cleanup) || has_any(its.setup, own.cleanup);
  });
}

SeenTest look_at(const ListedTest& test, const std::vector<ListedTest>& all) {
  SeenTest seen;
  seen.name = test.name;
  seen.needs_others = needs_others(test, all);
  if (!test.directory.empty() && !os::is_directory(test.directory)) {
    seen.missing.push_back(test.directory);
  }
  if (test.command.empty()) {
    seen.program = SeenTest::Program::missing;
    seen.path = test.missing;
    return seen;
  }
  seen.path = path_in(test, test.command[0]);  // ctest has looked in its PATH
  if (!exists(seen.path) || os::is_directory(seen.path)) {
    seen.program = SeenTest::Program::missing;
  } else if (::access(seen.path.c_str(), X_OK) != 0) {
    seen.program = SeenTest::Program::refused;
  } else {
    seen.interpreter = os::missing_interpreter(seen.path);
  }
  for (const std::string& name : test.required_files) {
    const std::string file = path_in(test, name);
    // Holdfast requires the program itself (ctest-integration/commands.cmake).
    if (file != seen.path && file != seen.interpreter && !exists(file)) {
      seen.missing.push_back(file);
    }
  }
  return seen;
}

// What a test lacks, and the script that lacks its interpreter. Tests that lack the same thing are
// one finding.
struct Lack {
  Kind kind;
  std::string what;
  std::string of = {};

  friend auto operator<=>(const Lack&, const Lack&) = default;
};
using Lacks = std::map<Lack, TestNames>;

Lacks lacks_of(const std::vector<SeenTest>& tests) {
  Lacks lacks;
  for (const SeenTest& test : tests) {
    if (test.program == SeenTest::Program::missing) {
      lacks[{test.needs_others ? Kind::program_later : Kind::program_missing, test.path}].push_back(
          test.name);
    } else if (test.program == SeenTest::Program::refused) {
      lacks[{Kind::program_refused, test.path}].push_back(test.name);
    }
    if (!test.interpreter.empty()) {
      lacks[{Kind::interpreter_missing, test.interpreter, test.path}].push_back(test.name);
    }
    for (const std::string& file : test.missing) {
      // Another test may make it, and then it is no news that it is not there yet.
      if (!test.needs_others) lacks[{Kind::file_missing, file}].push_back(test.name);
    }
  }
  return lacks;
}

Finding finding_of(const Lack& lack, const TestNames& tests, const Programs& programs) {
  const std::string names = some_of(tests);
  Finding finding{lack.kind, ""};
  switch (lack.kind) {
    case Kind::program_missing:
    case Kind::program_later:
      finding.what = names + (lack.what.empty() ? ": ctest finds no program"
                                                : ": the program does not exist: " + lack.what);
      // A name that ctest did not find in PATH may be one of both.
      finding.advice = lack.what.find('/') == std::string::npos
                           ? "build the tree, or install the program"
                           : "build the tree";
      if (lack.kind == Kind::program_later) {
        finding.advice += ", unless another test makes the program";
      }
      finding.command = programs.build;
      if (const auto found = programs.targets.find(lack.what); found != programs.targets.end()) {
        finding.target = found->second;
      }
      break;
    case Kind::program_refused:
      finding.what = names + ": the program cannot be executed: " + lack.what;
      finding.advice = "give the right to execute it";
      finding.command = "chmod +x " + for_shell(lack.what);
      break;
    case Kind::interpreter_missing:
      finding.what = fmt::format("{}: the interpreter of {} does not exist: {}", names, lack.of,
                                 brief(lack.what));
      finding.where = lack.of + ":1";
      finding.advice = "install the interpreter, or change the first line of the script";
      break;
    default:
      finding.what = names + ": a file or directory that is needed does not exist: " + lack.what;
      finding.advice = "make it, or take it out of REQUIRED_FILES or WORKING_DIRECTORY";
      break;
  }
  return finding;
}

}  // namespace

std::vector<SeenTest> look_at_programs(const std::vector<ListedTest>& tests) {
  std::vector<SeenTest> seen;
  for (const ListedTest& test : tests) {
    if (!test.is_disabled) seen.push_back(look_at(test, tests));
  }
  return seen;
}

Findings check_programs(const Programs& programs) {
  Findings all;
  for (const auto& [lack, tests] : lacks_of(programs.tests)) {
    all.push_back(finding_of(lack, tests, programs));
  }
  return all;
}

}  // namespace holdfast::doctor
