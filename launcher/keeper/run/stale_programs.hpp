// Whether the programs of a run's tests, and their inputs (core/ctest/test_inputs.hpp), stay what
// they were when the run first saw them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/program_identity.hpp"
#include "core/ctest/test_inputs.hpp"
#include "keeper/base/connections.hpp"

namespace holdfast {

class StalePrograms {
 public:
  explicit StalePrograms(ProjectPlace place) : place_(std::move(place)) {}

  enum class Point : std::uint8_t { start, end };
  // Of an attempt, on that connection. Records it once per attempt when its program or an input is
  // not what the run knew first. What cannot be recorded is not said: whoever recorded the attempt
  // has said so.
  void look(Point point, Connection& connection, const std::string& journal);

  // Another run knows nothing.
  void forget() { known_.clear(); }

 private:
  // What stat(2) tells is enough to see that nothing has changed.
  struct Seen {
    unsigned long inode = 0;
    long long size = 0;
    long long modified_ns = 0;

    friend bool operator==(const Seen&, const Seen&) = default;
  };
  struct Known {
    Seen seen;
    std::optional<ProgramIdentity> identity;
  };

  // None: it is not there, or no regular file.
  static std::optional<Seen> stat_of(const std::string& path);
  // The same of one file; `what`: as for staleness().
  void look_at(const std::string& path, const std::string& what, Point point,
               Connection& connection, const std::string& journal);

  ProjectPlace place_;
  std::map<std::string, Known> known_;
};

}  // namespace holdfast
