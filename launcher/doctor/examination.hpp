// Looks at the machine and at a build tree, and says what is wrong. Changes nothing, takes no lock
// and ends nothing. Starts only `--version`, `ninja -n` and tools of Ninja that read, forks to
// try a PID namespace if tests want one, and asks etcd for its locks, by holdfast-etcd, if one is
// named.
#pragma once

#include <string>
#include <vector>

#include "base/duration.hpp"
#include "ctest/list_tests.hpp"
#include "doctor/base/finding.hpp"
#include "doctor/machine/limits.hpp"
#include "doctor/machine/tools.hpp"

namespace holdfast::doctor {

// What `holdfast doctor` has found, as text and as JSON.

struct Machine {
  std::string system = {};  // "Linux 6.18.44"
  Limits limits = {};
  Places places = {};
  Memory memory = {};
  Tools tools = {};
};

struct Diagnosis {
  std::string tree = {};  // empty: only the machine was looked at
  Machine machine = {};
  Findings findings = {};  // sorted
  // What could not be looked at, and why: "whether programs are older than their sources: …".
  std::vector<std::string> unseen = {};
};

// Lines for people, safe for a terminal.
std::string to_text(const Diagnosis& diagnosis);
// The format is in docs/reference/report-formats.md.
std::string to_json(const Diagnosis& diagnosis);

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
