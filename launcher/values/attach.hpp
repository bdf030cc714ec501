// What attach.cmake tells the launcher: about the ctest that started it (HOLDFAST_ATTACH), and
// which test it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/process_name.hpp"
#include "base/result.hpp"

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

// Where ctest has read a test. Several tests may have one name.
struct TestPlace {
  // From the top of the build tree, which is `.`; percent-encoded, but for its slashes. Empty: the
  // command is no test of ctest.
  std::string directory = {};
  std::uint32_t in_directory = 1;  // which of the tests of its name in that directory it is
  std::uint32_t nth = 1;           // which of all tests of its name that ctest reads it is
};

// `DIRECTORY`, or `DIRECTORY:IN_DIRECTORY:NTH`. attach.cmake writes it.
std::optional<TestPlace> parse_test_place(std::string_view text);

// 16 hexadecimal digits: FNV-1a of the name and of where it is in which directory. The same in each
// run of a tree and of its copies, whatever is selected, and whether ctest reads the whole tree or
// only a directory of it.
std::string key_of(std::string_view name, const TestPlace& place);

}  // namespace holdfast
