// Answers what a launcher asks about its attempts: for the first one, for another one after one has
// failed, and whether memory ran out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/program_identity.hpp"
#include "os/memory/free_memory.hpp"
#include "os/stack/program_reader.hpp"
#include "run/connections.hpp"
#include "run/keeper_socket.hpp"
#include "run/run.hpp"
#include "run/run_lines.hpp"
#include "settings/project_settings.hpp"
#include "settings/wire.hpp"
#include "values/framework.hpp"
#include "values/outcome.hpp"
#include "values/test_inputs.hpp"

namespace holdfast {

// Finds out whether the programs of a run's tests, and their inputs (values/test_inputs.hpp),
// are still what they were when the run first saw them.

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

// Finds out which programs contain GoogleTest, and whether they can be asked to leave files. Other
// programs get no settings that only GoogleTest understands.
class GoogletestPrograms {
 public:
  // Reads the program's file once, and again after it has changed.
  TestProgram look_at(const std::string& path);

 private:
  struct Known {
    ProgramIdentity seen;
    TestProgram program;
  };
  std::map<std::string, Known> known_;
  os::ProgramReader reader_;
};

// Gives the attempt its name and its policy, from the project's settings, and lends it a directory.
// If the settings have an error, or the test was not chosen, the attempt is refused. Says in
// `lines` what people should know. With Company::possible, the test gets locks that keep it apart
// from the tests of other runs in the tree.
wire::AttemptGrant grant_attempt(const wire::AttemptRequest& request,
                                 const Result<ProjectSettings>& settings, Company company, Run& run,
                                 RunLines& lines);

// The run's budget and breaker decide whether there is another attempt. If there is one, this
// function lets go of what was held for the last attempt, and gives the next attempt its name and
// directory.
wire::Again answer_again(const wire::Again& question, Connection& asker, Run& run, RunLines& lines);

// Notes how a test ended, as its farewell says.
void note_farewell(wire::CameOut came_out, const Connection& from, Run& run);

// Finds out, as far as the keeper can know, whether the kernel killed a test because memory ran
// out. The counter of the run's cgroup shows that, or the kernel's log.
class MemoryWatch {
 public:
  // `events`: the file with the counter; empty: the file of our own cgroup.
  explicit MemoryWatch(const std::string& events) : events_(os::OomEvents::open(events)) {}

  // To be called when an attempt begins on `connection`.
  void note_start(Connection& connection) const;

  // Answers the launcher.
  wire::Message answer(const wire::Message& question, const Connection& asker);

 private:
  os::OomEvents events_;
  OomClaims claims_;
};

// Removes the files of the locks that kept `tests` (keys) of `tree` apart from other runs' tests. A
// lock that somebody has or wants stays.
void remove_locks_of(const std::set<std::string>& tests, const std::string& tree);

}  // namespace holdfast
