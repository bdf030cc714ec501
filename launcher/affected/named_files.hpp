// One name for each file, however a path leads to it: git, Ninja, compilers and ctest write the
// same file in different ways.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "affected/affected_tests.hpp"
#include "affected/build_graph.hpp"
#include "base/result.hpp"
#include "ctest/list_tests.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {

class FileNames {
 public:
  // Relative paths begin at `base`, which is absolute.
  explicit FileNames(std::string base) : base_(std::move(base)) {}

  // The absolute path without links, `.` and `..` in its directories. The file itself may be a
  // link, and need not exist. A backslash becomes a slash, as in what `ninja -t graph` prints.
  std::string of(std::string_view path);
  // What a link leads to; empty: it leads to nothing.
  std::string target_of(const std::string& link);
  // The links through which a path leads, by their names: in its directories and at its end, and
  // those to which they lead. The time is a system call for each part of the path.
  std::vector<std::string> links_on(std::string_view path) const;

 private:
  std::string whole(std::string_view path) const;
  // Empty: the root.
  const std::string& directory(const std::string& path);

  std::string base_;
  std::unordered_map<std::string, std::string> directories_;
};

// The path of `file` from `directory`, for two names that FileNames gave: `a/b`, `../c`.
std::string path_from(const std::string& directory, const std::string& file);

// Which services the tests of a build tree use, and by which commands.

struct UsedService {
  std::string shown;               // "service db"
  std::string directory;           // of its commands
  std::vector<std::string> words;  // of all its commands
};

struct UsedServices {
  std::vector<UsedService> services = {};
  // By the test's name: indexes of the services that it uses, and of those below them.
  std::unordered_map<std::string, std::vector<std::size_t>> by_test = {};
};

// `tests` are those of the tree. The error is a sentence.
Result<UsedServices> used_services(const ProjectSettings& settings, const std::string& tree,
                                   const std::string& configuration,
                                   const std::vector<ListedTest>& tests);

// Which files the tests of a listing name.

// What leads from tests to files. Paths are names of FileNames.
struct NamingQuestion {
  const BuildGraph& graph;
  const UsedServices& services;  // must outlive the answer
  std::string tree;
  std::string source;  // the top source directory
  const std::unordered_set<std::string>& changed_links;
};

struct NamedByTests {
  std::vector<CandidateTest> tests = {};  // in their order
  std::vector<FileGroup> groups = {};
};

// Finds the files, directories and globs that the tests name: by the program and the other words of
// the command, which is read as affected/command_reading.hpp says, by ENVIRONMENT,
// ENVIRONMENT_MODIFICATION and REQUIRED_FILES, by paths within a word
// (values/file_glob.hpp), and by the commands of their services. A test names the links
// on the way to a file, too, as far as they are `changed_links`.
NamedByTests named_by(const std::vector<ListedTest>& tests, const NamingQuestion& question,
                      FileNames& names);

}  // namespace holdfast::cli
