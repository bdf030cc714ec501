// The containment that tests share because fixtures connect them: a network and a /tmp. A set-up
// that starts a server, or leaves a file, reaches the tests that require it. A set has its
// containment from its first test to its last clean-up. If nothing cleans up, it has it until the
// run ends.
#pragma once

#include <poll.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/ctest/fixture_sets.hpp"
#include "core/settings/facts.hpp"
#include "os/containment/shared_network.hpp"

namespace holdfast {

class FixtureContainments {
 public:
  FixtureContainments(std::string tree, const ProcessName& ctest);

  // The set of a test of the run with this include count.
  InFixtureSet of(const TestFacts& facts, unsigned include_count);
  bool uses_services(std::size_t set) const { return sets_.uses_services(set); }

  // The network of the set, which is made from now on if it is not there.
  os::SharedNetwork& network(std::size_t set);
  // The directory with the set's own /tmp, below `scratch`; empty: it cannot be made.
  std::string tmp(std::size_t set, const std::string& scratch);

  // A test of the set has ended.
  void ended(const InFixtureSet& test, bool is_green);
  // The run with that include count has ended. Directories of sets that had a red test stay, as
  // scratch directories do.
  void end_run(unsigned include_count);

  void add_descriptors(std::vector<pollfd>& fds) const;
  void look();

 private:
  struct Shared {
    os::SharedNetwork network;
    std::string tmp;
    std::size_t cleanups = 0;  // how many have ended
    bool is_red = false;
  };

  std::string notes_path(unsigned include_count) const;

  std::string tree_;
  ProcessName ctest_;
  unsigned include_count_ = 0;  // of the notes that were read; 0: none
  FixtureSets sets_;
  std::map<std::size_t, Shared> shared_;
};

}  // namespace holdfast
