// Looks at the machine and at a build tree, and says what is wrong. Changes nothing, takes no lock
// and ends nothing. Starts only `--version`, `ninja -n` and tools of Ninja that read, forks to
// try a PID namespace if tests want one, and asks etcd for its locks, by holdfast-etcd, if one is
// named.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "ctest/listed_test.hpp"
#include "doctor/diagnosis.hpp"
#include "doctor/machine/tools.hpp"
#include "doctor/tree/requested_resources.hpp"

namespace holdfast::doctor {

// The tests of the tree, as its ctest lists them.
struct Listing {
  std::vector<ListedTest> tests = {};
  std::string said = {};     // what ctest printed on stderr
  std::string trouble = {};  // why it cannot list them; empty: it can
  std::string unseen = {};   // why it was not asked; empty: it was
};

struct TreeOrder {
  std::string tree;           // absolute, without links
  std::string configuration;  // empty: none was said
  Cached cached;
  Listing listing;
};

// `patience`: how long a program or a file system may take to answer.
Diagnosis examine_machine(Milliseconds patience);
Diagnosis examine_tree(const TreeOrder& order, Milliseconds patience);

}  // namespace holdfast::doctor
