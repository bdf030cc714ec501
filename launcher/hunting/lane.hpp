// One ctest that runs a hunted test again and again, in a small build tree of its own: its
// CTestTestfile.cmake leads to that of the user's tree. So the test has its properties, locks,
// services and fixtures, ctest judges it, each run has a journal, and the user's tree, its log and
// its runs are left alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "hunting/variation.hpp"
#include "journal/run_directory.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::cli {

// What is hunted.
struct Quarry {
  std::string tree;           // the user's build tree
  std::string configuration;  // empty: the tree has one
  std::string ctest;          // the program
  std::string test;
  bool has_fixtures = false;  // ctest would repeat them, too
};

// How a lane's ctest is started.
struct LaneStart {
  std::uint64_t runs = 1;  // it ends at the first failure, or after so many
  Variation variation;
  std::vector<std::string> words = {};        // of ctest, instead of those that repeat one test
  std::vector<std::string> environment = {};  // `NAME=VALUE`, besides the variation's
};

// What came of it.
struct LaneEnd {
  std::uint64_t runs = 0;            // those that were judged
  bool has_failed = false;           // the last one of them
  std::string signature = {};        // of the failure (signature_of())
  std::string output = {};           // what the test printed then
  double seconds = 0;                // that all these runs took together
  std::optional<RunEntry> run = {};  // its journal
  std::string trouble = {};  // why there were no runs; empty: there were some, or we ended it
};

class Lane {
 public:
  // Makes the tree at `directory`, whose parent exists.
  static Result<Lane> make(std::string directory, const Quarry& quarry);

  void start(const Quarry& quarry, const LaneStart& how);
  bool is_running() const { return work_ != nullptr; }
  void join(os::Wait& wait) const;
  // Takes what is there. True: its ctest has just ended, and take_end() may be called.
  bool go_on();
  // Asks the ctest to end. It ends the test as the test's settings say.
  void ask_to_end();
  LaneEnd take_end(const Quarry& quarry);

  const std::string& directory() const { return directory_; }

 private:
  explicit Lane(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
  std::unique_ptr<os::BoundedWork> work_;
  std::vector<std::string> runs_before_;  // ids
  bool asked_ = false;                    // to end
};

// The locales that a variation may choose from.
std::vector<std::string> locales_of_machine();

}  // namespace holdfast::cli
