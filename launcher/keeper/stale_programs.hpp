// Finds out whether the programs of a run's tests, and their inputs (values/test_inputs.hpp),
// are still what they were when the run first saw them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/program_identity.hpp"
#include "run/connections.hpp"
#include "values/test_inputs.hpp"

namespace holdfast {

// What stat(2) says of a file. If it is the same as before, the file has not changed. Device and
// build-id stay 0 and empty, so it is compared only with what this function returned earlier.
// Nothing: `path` is missing or is no regular file.
std::optional<ProgramIdentity> stat_of_program(const std::string& path);

class StalePrograms {
 public:
  explicit StalePrograms(ProjectPlace place) : place_(std::move(place)) {}

  enum class Point : std::uint8_t { start, end };
  // Looks at the start or the end of the attempt on `connection`. If the program or an input has
  // changed since the run first saw that file, records the change, once per attempt. A failed write
  // is not reported here: the writer of the attempt's own record has reported it.
  void look(Point point, Connection& connection, const std::string& journal);

  // 16 hexadecimal digits that are the same in each run for the same program, arguments and inputs
  // of an attempt. Empty: not known, or changed during this run. Nothing is known of a program that
  // may have libraries of its own, nor of one that is not the project's and has no input of it.
  std::string fingerprint(const Connection& connection);

  // Forgets all programs, so that the next run knows none.
  void forget() { known_.clear(); }

 private:
  struct Known {
    ProgramIdentity seen;  // by stat_of_program()
    std::optional<ProgramIdentity> identity;
    std::optional<bool> has_run_path = {};  // where it looks for libraries first; not looked up yet
  };

  // Does the work of look() for one file. `what`: as for staleness().
  void look_at(const std::string& path, const std::string& what, Point point,
               Connection& connection, const std::string& journal);

  ProjectPlace place_;
  std::map<std::string, Known> known_;
};

}  // namespace holdfast
