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

// The tests in their order, with those of their files that are nodes of `graph`. A test names files
// by its program, the other words of its command, ENVIRONMENT, ENVIRONMENT_MODIFICATION and
// REQUIRED_FILES, by paths within a word (core/affected/word_paths.hpp), and by the commands of its
// services. It names the links on the way to such a file, too, as far as they are `changed_links`.
// `tree` and `changed_links` are names of FileNames. `services` has to outlive the answer.
std::vector<CandidateTest> candidates_of(const std::vector<NamedTest>& tests,
                                         const UsedServices& services, const BuildGraph& graph,
                                         const std::string& tree,
                                         const std::unordered_set<std::string>& changed_links,
                                         FileNames& names);

}  // namespace holdfast::cli
