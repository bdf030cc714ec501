// The containment that tests share because fixtures connect them: a network and a /tmp. A set-up
// that starts a server, or leaves a file, reaches the tests that require it. A set has its
// containment from its first test until the run ends.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/process_name.hpp"
#include "base/result.hpp"
#include "ctest/test_graph.hpp"
#include "os/containment/shared_network.hpp"
#include "os/file/descriptors.hpp"
#include "run/connections.hpp"
#include "settings/wire.hpp"
#include "values/test_properties.hpp"

namespace holdfast {

class FixtureContainments {
 public:
  FixtureContainments(std::string tree, const ProcessName& ctest);

  // The set of a test of the run with this include count; none: the test has no fixtures. Fails if
  // the notes cannot be read.
  Result<std::optional<std::size_t>> of(const TestProperties& properties, unsigned include_count);
  bool uses_services(std::size_t set) const { return sets_.uses_services(set); }
  // A test of the set uses services. False: tests of the set have a network without them already.
  bool join_services(std::size_t set);

  // The network of the set, which is made from now on if it is not there.
  os::SharedNetwork& network(std::size_t set);
  // The directory with the set's own /tmp, below `scratch`.
  Result<std::string> tmp(std::size_t set, const std::string& scratch);

  // Lets the test share what its services and fixtures have. If that is not possible, it is
  // refused.
  void share(const wire::AttemptRequest& request, wire::AttemptGrant& granted, Connection& asker);

  // The launcher of a test of the set was killed, so nobody has decided what happens to its /tmp.
  void keep_tmp(std::size_t set);
  // The run with that include count has ended. A /tmp stays if a scratch directory that is kept has
  // a link to it.
  void end_run(unsigned include_count);

  void join(os::Wait& wait) const;
  void look();

 private:
  struct Shared {
    os::SharedNetwork network;
    std::string tmp;
    bool stays = false;
  };

  std::string notes_path(unsigned include_count) const;

  std::string tree_;
  ProcessName ctest_;
  unsigned include_count_ = 0;  // of the notes that were read; 0: none
  FixtureSets sets_;
  std::map<std::size_t, Shared> shared_;
};

}  // namespace holdfast
