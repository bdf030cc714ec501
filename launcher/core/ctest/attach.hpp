// What attach.cmake tells the launcher about the ctest that started the launcher (HOLDFAST_ATTACH).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"

namespace holdfast {

struct Attach {
  ProcessName ctest;
  // The inode of the PID namespace in which ctest has that pid, pid_namespaces(7); 0: not known.
  std::uint64_t pid_namespace = 0;
  // `ctest -S` reads the tests once per ctest_test().
  unsigned include_count = 1;  // how often ctest has read the tests
  std::string project = {};    // the key of the lock scope `project`
  std::string tree = {};       // the build tree, absolute

  friend bool operator==(const Attach&, const Attach&) = default;
};

// "2 <pid> <start> <PID namespace> <include count> <project> <tree>". Refuses another version.
Result<Attach> parse_attach(std::string_view text);
// The beginning of everything that one ctest tells its launchers, with a blank at its end.
std::string attach_beginning(const ProcessName& ctest, std::uint64_t pid_namespace);

}  // namespace holdfast
