// Which files the tests of a listing name.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include "cli/affected/file_names.hpp"
#include "cli/affected/used_services.hpp"
#include "cli/listed_test.hpp"
#include "core/affected/affected_tests.hpp"
#include "core/affected/build_graph.hpp"

namespace holdfast::cli {

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
// the command, which is read as core/affected/command_reading.hpp says, by ENVIRONMENT,
// ENVIRONMENT_MODIFICATION and REQUIRED_FILES, by paths within a word
// (core/affected/path_pattern.hpp), and by the commands of their services. A test names the links
// on the way to a file, too, as far as they are `changed_links`.
NamedByTests named_by(const std::vector<NamedTest>& tests, const NamingQuestion& question,
                      FileNames& names);

}  // namespace holdfast::cli
